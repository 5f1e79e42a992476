import { describe, expect, test } from "bun:test";
import { Publisher } from "../../../src/daemon/admit/publish.ts";
import { Mailbox } from "../../../src/daemon/requests/mailbox.ts";
import { timestamp } from "../../../src/lib/clock.ts";
import type { Answer, Operation, Target } from "../../../src/model/request.ts";
import type { Task } from "../../../src/model/task.ts";
import { commitBatch } from "../../../src/store/batch.ts";
import { fetchReply, postRequest } from "../../../src/store/requests.ts";
import { type FakeClock, fakeClock } from "../../rig/clock.ts";
import { holderOf } from "../../rig/holder.ts";
import { aTask, NOW_MS } from "../../rig/tasks.ts";
import { TempHome } from "../../rig/temp-home.ts";

const MANY = 400;

/** A holder with many tasks that are held, whose clock goes on by some ms with each look at it. */
class Rig implements AsyncDisposable {
  readonly home = new TempHome();
  readonly clock: FakeClock = fakeClock();
  readonly supervisor = this.#begin();
  readonly requests = new Mailbox(this.supervisor);
  readonly #tasks: Task[] = [];

  #begin() {
    const { clock } = this;
    const ticking = { ...clock, now: () => clock.now(), awakeMs: () => (clock.advance(4), clock.awakeMs()) };
    return holderOf(this.home.layout, ticking);
  }

  put(number: number): void {
    const task = aTask({ number, spec: { hold: true } });
    this.home.put(task);
    this.supervisor.queue.upsert(task);
    this.#tasks.push(task);
  }

  targets(from: number, to: number): Target[] {
    return this.#tasks.slice(from, to).map(({ metadata: { id, uid, epoch } }) => ({ id, uid, epoch }));
  }

  ask(operation: Operation, at = timestamp(NOW_MS)): string {
    return postRequest(this.home.layout, { at, actor: "ada", operation }).id;
  }

  answers(id: string): readonly Answer[] | null {
    return fetchReply(this.home.layout, id)?.answers ?? null;
  }

  get left(): number {
    return this.home.files("pending").length;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.supervisor[Symbol.dispose]();
    await this.home[Symbol.asyncDispose]();
  }
}

function rigWithMany(): Rig {
  const rig = new Rig();
  for (let number = 1; number <= MANY; number += 1) rig.put(number);
  return rig;
}

const cancelling = (targets: Target[]): Operation => ({
  verb: "cancel",
  targets,
  force: false,
  pendingOnly: false,
});

describe("a request on many tasks", () => {
  test("is carried out in slices, and other requests are answered in between", async () => {
    await using rig = rigWithMany();
    const many = rig.ask(cancelling(rig.targets(0, MANY - 1)));
    const slices: number[] = [];
    let few: string | null = null;
    let fewAtLeft = 0;
    for (let before = rig.left; rig.answers(many) === null; before = rig.left) {
      expect(rig.requests.runSlice()).not.toBeUndefined();
      slices.push(before - rig.left);
      if (few === null) few = rig.ask({ verb: "release", targets: rig.targets(MANY - 1, MANY) });
      else if (fewAtLeft === 0 && rig.answers(few) !== null) fewAtLeft = rig.left;
    }
    expect(Math.max(...slices)).toBeLessThanOrEqual(4 * 32);
    expect(slices.length).toBeGreaterThan(3);
    // While most of the many were still to be done.
    expect(fewAtLeft).toBeGreaterThan(MANY / 2);
    expect(rig.left).toBe(1);
  });

  test("that a crash left unanswered is answered by the next supervisor with its true outcome", async () => {
    await using rig = rigWithMany();
    const operation = cancelling(rig.targets(0, MANY));
    const at = timestamp(NOW_MS - 1);
    rig.ask(operation, at);
    rig.requests.runSlice();
    const left = rig.left;
    expect(left).toBeWithin(1, MANY);
    // What the next supervisor finds: the same request, and the tasks as they are on the disk.
    const next = new Mailbox(rig.supervisor);
    while (next.runSlice() !== null);
    expect(rig.left).toBe(0);
    const [reply] = rig.home.files("requests");
    const answers = rig.answers((reply ?? "").replace(".reply.json", ""));
    expect(answers).toHaveLength(MANY);
    expect(new Set(answers?.map(({ done, problem }) => done ?? problem?.message))).toEqual(
      new Set(["cancelled"]),
    );
  });

  test("starts only when the one before it is done", async () => {
    await using rig = rigWithMany();
    const [first, second] = [rig.targets(0, 200), rig.targets(200, MANY)].map((some) =>
      rig.ask(cancelling(some)),
    );
    while (rig.requests.runSlice() !== null);
    expect(rig.answers(first ?? "")).toHaveLength(200);
    expect(rig.answers(second ?? "")).toHaveLength(200);
  });
});

test("a request for a task that is accepted and not published yet waits until it is", async () => {
  await using rig = new Rig();
  const task = aTask({ number: 1 });
  commitBatch(rig.home.layout, "b1", { tasks: [task] });
  const { id, uid, epoch } = task.metadata;
  const asked = rig.ask(cancelling([{ id, uid, epoch }]));
  rig.requests.runSlice();
  expect([rig.answers(asked), rig.home.files("done")]).toEqual([null, []]);
  new Publisher(rig.supervisor).runSlice();
  rig.requests.runSlice();
  expect(rig.answers(asked)).toEqual([{ id, done: "cancelled" }]);
  const left = ["pending", "done"].map((place) => rig.home.files(place));
  expect(left).toEqual([[], [`${id}.json`]]);
});
