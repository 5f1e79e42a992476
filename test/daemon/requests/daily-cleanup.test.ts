import { describe, expect, test } from "bun:test";
import { existsSync, mkdirSync, readdirSync, readFileSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { cleanupSteps as stepsOf } from "../../../src/daemon/requests/cleanup.ts";
import { DailyCleanup } from "../../../src/daemon/requests/daily-cleanup.ts";
import { operate } from "../../../src/daemon/requests/operations.ts";
import { supervise } from "../../../src/daemon/supervise.ts";
import { timestamp } from "../../../src/lib/clock.ts";
import { wholeOf } from "../../../src/lib/steps.ts";
import { makeTaskId } from "../../../src/model/identity.ts";
import type { RetentionRules } from "../../../src/model/retention.ts";
import type { Task } from "../../../src/model/task.ts";
import { finishAttempt } from "../../../src/plan/finish-attempt.ts";
import { keepEnvironment } from "../../../src/store/environments.ts";
import { noteNames } from "../../../src/store/names.ts";
import { fetchReply, postRequest } from "../../../src/store/requests.ts";
import { type FakeClock, fakeClock } from "../../rig/clock.ts";
import { holderOf } from "../../rig/holder.ts";
import {
  after,
  anEnd,
  asRunning,
  aTask,
  exited,
  half,
  killedBy,
  NOW_MS,
  type TaskChange,
} from "../../rig/tasks.ts";
import { TempHome } from "../../rig/temp-home.ts";

const DAY = 86_400_000;
const WEEK: RetentionRules = {
  doneMs: 7 * DAY,
  deadLetterMs: null,
  takesDeadLetter: false,
  count: null,
  bytes: null,
  logsMs: null,
  artifactsMs: null,
  checkpointsMs: null,
  appliesKeep: false,
  takes: [],
};

/** A home with tasks that ended ten days ago, and its holder. */
class Rig implements AsyncDisposable {
  readonly home = new TempHome();
  readonly clock: FakeClock = fakeClock();
  readonly said: string[] = [];
  readonly supervisor = holderOf(this.home.layout, this.clock, (line) => this.said.push(line));

  ended(number: number, { code = 0, ...change }: Omit<TaskChange, "number"> & { code?: number } = {}): Task {
    const task = after(aTask({ number, ...change }), exited(code), { endedAtMs: NOW_MS - 10 * DAY });
    this.home.put(task);
    const folder = this.home.layout.attempt(task.metadata.id, 1);
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, "output.log"), "hello\n");
    return task;
  }

  waiting(number: number, change: Omit<TaskChange, "number"> = {}): void {
    const task = aTask({ number, ...change });
    this.home.put(task);
    this.supervisor.queue.upsert(task);
  }

  /** Lets a clean-up run to its end; a step is as long as the clock says, which stands still. */
  clean(rules = WEEK): string[] {
    const cleaning = new DailyCleanup(this.supervisor, () => rules);
    expect(cleaning.tick()).toBeNull();
    return this.left();
  }

  /** Each look at the holder's clock takes so many ms: a step sees to a few tasks. */
  makeLooksTake(ms: number): void {
    const { clock } = this;
    const awakeMs = (): number => {
      clock.advance(ms);
      return clock.awakeMs();
    };
    Object.assign(this.supervisor.context, { clock: { now: () => clock.now(), awakeMs } });
  }

  left(): string[] {
    return ["done", "dead-letter"].flatMap((place) =>
      this.home.files(place).map((name) => String(Number.parseInt(name, 10))),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.supervisor[Symbol.dispose]();
    await this.home[Symbol.asyncDispose]();
  }
}

describe("DailyCleaning", () => {
  test("removes what is old, logs and audits it, and rests for a day", async () => {
    await using rig = new Rig();
    rig.ended(1);
    const cleaning = new DailyCleanup(rig.supervisor, () => WEEK);
    expect(cleaning.tick()).toBeNull();
    expect([rig.left(), rig.home.files("runs")]).toEqual([[], []]);
    expect(rig.said).toEqual(["cleaned up 1 task or log, 6 B"]);
    expect(readFileSync(rig.home.layout.audit, "utf8")).toContain(
      '"cleanup","actor":"stint","detail":"1 tasks: 000001-train"',
    );
    rig.ended(2);
    rig.clock.advance(DAY - 1);
    expect([cleaning.tick(), rig.left()]).toEqual([null, ["2"]]);
    // A supervisor that comes up in between knows of it too.
    expect(rig.clean()).toEqual(["2"]);
    rig.clock.advance(1);
    expect([cleaning.tick(), rig.left()]).toEqual([null, []]);
  });

  test("forgets the names of what it removed", async () => {
    await using rig = new Rig();
    const { layout } = rig.home;
    noteNames(layout, [rig.ended(1).metadata.id]);
    rig.waiting(1_001);
    noteNames(layout, [...rig.supervisor.queue.tasks.keys()]);
    rig.clean();
    expect([layout.names(0), layout.names(1_000)].map((path) => existsSync(path))).toEqual([false, true]);
  });

  test("is not delayed by a clock that was set back", async () => {
    await using rig = new Rig();
    writeFileSync(rig.home.layout.cleaned, JSON.stringify({ at: timestamp(NOW_MS + 99 * DAY) }));
    rig.ended(1);
    expect(rig.clean()).toEqual([]);
  });

  test("works in small steps, and keeps a task that was retried in between", async () => {
    await using rig = new Rig();
    const tasks = Array.from({ length: 50 }, (_, index) => rig.ended(index + 1));
    rig.makeLooksTake(1);
    const cleaning = new DailyCleanup(rig.supervisor, () => WEEK);
    let steps = 1;
    expect(cleaning.tick()).toBe(40);
    // One is taken up again, with another as its parent.
    rig.waiting(60, {
      spec: { after: [{ task: tasks[1]?.metadata.id ?? makeTaskId(9, "x"), when: "success" }] },
    });
    const [first] = tasks;
    if (first !== undefined) rig.home.put({ ...first, metadata: { ...first.metadata, resourceVersion: 99 } });
    while (cleaning.tick() !== null) steps += 1;
    expect(steps).toBeGreaterThan(5);
    expect(rig.left()).toEqual(["1", "2"]);
  });
});

describe("a clean-up", () => {
  const sweep = (index: number) => ({ name: "s", id: 1, index, size: 3, values: {} });

  test.each<[what: string, prepare: (rig: Rig) => void, left: string[]]>([
    [
      "spares the parents of what waits",
      (rig) => rig.waiting(3, { spec: { after: [{ task: makeTaskId(1, "train"), when: "any" }] } }),
      ["1"],
    ],
    ["spares dead letters", (rig) => rig.ended(3, { code: 3 }), ["3"]],
    [
      "spares the members of a sweep that goes on",
      (rig) => {
        rig.ended(3, { metadata: { group: sweep(1) } });
        rig.waiting(4, { metadata: { group: sweep(2) } });
      },
      ["3"],
    ],
    [
      "spares the rest of a batch that goes on, a held one too",
      (rig) => {
        rig.ended(3, { metadata: { batch: "b" } });
        rig.waiting(4, { metadata: { batch: "b" }, spec: { hold: true } });
      },
      ["3"],
    ],
    [
      "spares what cannot be read, and what waits there by mistake",
      (rig) => {
        writeFileSync(rig.home.layout.record("done", makeTaskId(3, "x")), "spoilt");
        rig.home.put(aTask({ number: 4 }), "done");
        rig.home.put(after(aTask({ number: 5 }), killedBy("SIGKILL")), "done");
      },
      ["3", "4", "5"],
    ],
  ])("%s", async (_, prepare, left) => {
    await using rig = new Rig();
    rig.ended(1);
    rig.ended(2);
    prepare(rig);
    expect(rig.clean()).toEqual(left);
  });

  test("by hand keeps a number of tasks, a number of bytes, or everything but the logs, and a dry run says how much it would remove", async () => {
    await using rig = new Rig();
    for (const number of [1, 2, 3]) rig.ended(number);
    const wish = { actor: "ada", at: timestamp(NOW_MS) };
    const clean = (rules: object) =>
      operate(rig.supervisor, {
        ...wish,
        operation: { verb: "clean", deadLetter: false, dryRun: false, ...rules },
      }).map(({ id, done, bytes }) => `${Number.parseInt(id, 10)} ${done} ${bytes}`);
    expect(clean({ keep: 2, dryRun: true })).toEqual(["1 would be removed, 6 B 6"]);
    expect(clean({ maxBytes: 12, dryRun: true })).toEqual(["1 would be removed, 6 B 6"]);
    expect(clean({ logsOlderThanMs: DAY, dryRun: true })).toHaveLength(3);
    expect(rig.left()).toEqual(["1", "2", "3"]);
    expect(clean({ keep: 2 })).toEqual(["1 removed 6"]);
    expect(clean({ logsOlderThanMs: DAY })).toEqual(["2 logs removed 6", "3 logs removed 6"]);
    expect(clean({ logsOlderThanMs: DAY })).toEqual([]);
    expect([rig.left(), rig.home.files("runs")]).toEqual([["2", "3"], []]);
  });

  test("of named tasks takes these alone, at any age, and is answered as done where it is repeated", async () => {
    await using rig = new Rig();
    const { id, uid, epoch } = rig.ended(1, { code: 3 }).metadata;
    rig.ended(2);
    const clean = () =>
      operate(rig.supervisor, {
        actor: "ada",
        at: timestamp(NOW_MS),
        operation: { verb: "clean", deadLetter: true, dryRun: false, named: [{ id, uid, epoch }] },
      });
    // The clock was set back: it ends only tomorrow.
    rig.clock.jump(-11 * DAY);
    expect(clean()).toEqual([{ id, done: "removed", bytes: expect.any(Number) }]);
    expect(rig.left()).toEqual(["2"]);
    expect(clean()).toEqual([{ id, done: "was removed already", bytes: 0 }]);
  });

  test("of selected tasks waits for tasks that are being queued, which may need one", async () => {
    await using rig = new Rig();
    const { metadata } = rig.ended(1);
    const child = makeTaskId(2, "child");
    rig.supervisor.queue.arrivals.expect([child]);
    const steps = stepsOf(rig.supervisor, { rules: WEEK, dryRun: false, actor: "ada", query: {} });
    expect(steps.next().value).toBe("wait");
    rig.waiting(2, { spec: { after: [{ task: metadata.id, when: "any" }] } });
    rig.supervisor.queue.arrivals.came("batch", [child], []);
    expect(wholeOf(steps)).toMatchObject([{ kept: { why: "needed by 000002-train" } }]);
    expect(rig.left()).toEqual(["1"]);
  });

  test("by hand is done by the supervisor in slices, and answered at its end", async () => {
    await using rig = new Rig();
    for (let number = 1; number <= 20; number += 1) rig.ended(number);
    const { layout } = rig.home;
    const operation = { verb: "clean", deadLetter: false, dryRun: false, keep: 5 } as const;
    const { id } = postRequest(layout, { actor: "ada", at: timestamp(NOW_MS), operation });
    rig.makeLooksTake(6);
    const left: number[] = [];
    const isAnswered = (): boolean => rig.home.files("requests").includes(`${id}.reply.json`);
    await supervise(rig.supervisor, {
      sources: [
        {
          action: "count what is left",
          tick: () => {
            if (!isAnswered()) left.push(rig.left().length);
            return null;
          },
        },
      ],
      isDone: isAnswered,
    });
    expect(left.length).toBeGreaterThan(5);
    expect(new Set(left).size).toBeGreaterThan(5);
    expect(fetchReply(layout, id)?.answers).toHaveLength(15);
    expect([rig.left(), rig.home.files("requests")]).toEqual([["16", "17", "18", "19", "20"], []]);
  });

  test("keeps the environment of a task that ends meanwhile, and the logs of a task that ran again", async () => {
    await using rig = new Rig();
    const { layout } = rig.home;
    const old = (NOW_MS - 2 * DAY) / 1_000;
    const kept = keepEnvironment(layout, { A: "1" }, NOW_MS);
    const unused = keepEnvironment(layout, { B: "2" }, NOW_MS);
    for (const hash of [kept, unused]) utimesSync(join(layout.environments, `${hash}.json`), old, old);
    const again = rig.ended(1);
    const running = asRunning(aTask({ number: 2, metadata: { environment: kept } }));
    rig.home.put(running);
    rig.supervisor.queue.upsert(running);
    const rules = { ...WEEK, doneMs: null, logsMs: DAY };
    const steps = stepsOf(rig.supervisor, { rules, dryRun: false, actor: "ada" });
    // The folder is read, its listing put in order, and the record looked at.
    for (let count = 0; count < 3; count += 1) steps.next();
    const ended = { ...again, metadata: { ...again.metadata, resourceVersion: 9 } };
    rig.home.put(ended);
    const failed = finishAttempt(running, anEnd(exited(3)), half);
    expect(
      rig.supervisor.committer.commit([{ before: running, after: failed, actor: "stint" }]),
    ).toMatchObject([{ result: { ok: true } }]);
    expect([...steps]).toEqual([]);
    expect(rig.home.files("env")).toEqual([`${kept}.json`]);
    expect(readdirSync(layout.attempt(again.metadata.id, 1))).toEqual(["output.log"]);
  });
});
