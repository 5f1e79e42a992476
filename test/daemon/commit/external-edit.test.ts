import { describe, expect, test } from "bun:test";
import { renameSync, rmSync, writeFileSync } from "node:fs";
import { recheckUnreadable, refreshFromDisk } from "../../../src/daemon/commit/external-edit.ts";
import { operate } from "../../../src/daemon/requests/operations.ts";
import { timestamp } from "../../../src/lib/clock.ts";
import type { Answer, Operation } from "../../../src/model/request.ts";
import type { Task } from "../../../src/model/task.ts";
import { recordText } from "../../../src/store/record.ts";
import { fakeClock } from "../../rig/clock.ts";
import { holderOf } from "../../rig/holder.ts";
import { asClaimed, aTask, NOW_MS } from "../../rig/tasks.ts";
import { TempHome } from "../../rig/temp-home.ts";

/** A task in pending/, its supervisor, and a user with an editor. */
class Rig implements AsyncDisposable {
  readonly home = new TempHome();
  readonly clock = fakeClock();
  readonly said: string[] = [];
  readonly supervisor = holderOf(this.home.layout, this.clock, (line) => this.said.push(line));
  readonly task = aTask();
  readonly path = this.home.put(this.task);

  constructor() {
    this.supervisor.queue.upsert(this.task);
  }

  look(): Task | null {
    return refreshFromDisk(this.supervisor, this.task);
  }

  isKnown(): boolean {
    return this.supervisor.queue.tasks.has(this.task.metadata.id);
  }

  save(task: Task): void {
    writeFileSync(this.path, recordText(task));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.supervisor[Symbol.dispose]();
    await this.home[Symbol.asyncDispose]();
  }
}

const DOUBT = "000001-train: its record in pending/ cannot be read, as while an editor saves it; waits";

const edited = ({ spec, ...task }: Task): Task => ({ ...task, spec: { ...spec, priority: 7 } });

describe("asOnDisk()", () => {
  test.each<[string, (rig: Rig) => void]>([
    ["emptied", ({ path }) => writeFileSync(path, "")],
    ["written in part", ({ path, task }) => writeFileSync(path, recordText(task).slice(0, 100))],
    ["moved out of the way", ({ path }) => renameSync(path, `${path}~`)],
  ])("waits for a record that an editor has %s, and reads what the editor saves", async (_, begin) => {
    await using rig = new Rig();
    begin(rig);
    for (const ms of [0, 500, 499]) {
      rig.clock.advance(ms);
      expect([rig.look(), rig.isKnown()]).toEqual([null, true]);
    }
    rig.save(edited(rig.task));
    expect(rig.look()).toMatchObject({ spec: { priority: 7 }, metadata: { generation: 2 } });
    expect(rig.said).toEqual([DOUBT]);
    // The next time that it is saved is another one.
    rig.save(rig.task);
    begin(rig);
    rig.clock.advance(2_000);
    expect([rig.look(), rig.isKnown()]).toEqual([null, true]);
  });

  test("gives up on a record that stays unreadable or missing", async () => {
    await using rig = new Rig();
    writeFileSync(rig.path, "spoilt");
    expect(rig.look()).toBeNull();
    rig.clock.advance(1_000);
    expect([rig.look(), rig.isKnown()]).toEqual([null, false]);
    expect(rig.said).toEqual([DOUBT, "000001-train: put aside: it is not JSON"]);
    expect(rig.home.files("pending/.corrupt")).toEqual(["000001-train.json"]);
    await using other = new Rig();
    rmSync(other.path);
    expect([other.look(), other.isKnown()]).toEqual([null, true]);
    other.clock.advance(1_000);
    expect([other.look(), other.isKnown()]).toEqual([null, false]);
    expect(other.said).toEqual([DOUBT, "000001-train: its record was removed from pending/ by hand"]);
  });

  test('answers a request for the task meanwhile with "try again"', async () => {
    await using rig = new Rig();
    const { id, uid, epoch } = rig.task.metadata;
    const operation: Operation = { verb: "hold", targets: [{ id, uid, epoch }] };
    const hold = (): Answer | undefined =>
      operate(rig.supervisor, { actor: "ada", at: timestamp(NOW_MS), operation })[0];
    writeFileSync(rig.path, "");
    expect(hold()?.problem).toMatchObject({
      code: "VERSION_CONFLICT",
      hint: expect.stringContaining("repeat"),
    });
    rig.save(rig.task);
    expect(hold()).toEqual({ id, done: "held" });
  });

  test("looks again at an unreadable record, whose task is not claimed meanwhile", async () => {
    await using rig = new Rig();
    expect(recheckUnreadable(rig.supervisor)).toBeNull();
    expect(rig.supervisor.queue.mayClaim).toBeNull();
    writeFileSync(rig.path, "");
    rig.look();
    expect(recheckUnreadable(rig.supervisor)).toBe(100);
    expect(rig.supervisor.queue.mayClaim?.(rig.task)).toBe(false);
    expect(rig.supervisor.queue.mayClaim?.(aTask({ number: 2 }))).toBe(true);
    rig.save(rig.task);
    expect(recheckUnreadable(rig.supervisor)).toBeNull();
    expect(rig.supervisor.queue.mayClaim).toBeNull();
    writeFileSync(rig.path, "");
    rig.look();
    rig.clock.advance(1_000);
    expect([recheckUnreadable(rig.supervisor), rig.isKnown()]).toEqual([null, false]);
  });

  test("looks again at a record that is gone when its task is claimed", async () => {
    await using rig = new Rig();
    rmSync(rig.path);
    const [written] = rig.supervisor.committer.commit([
      { before: rig.task, after: asClaimed(rig.task), actor: "stint" },
    ]);
    expect(written?.result).toEqual({ ok: false, error: { type: "recordGone" } });
    expect([rig.isKnown(), rig.said]).toEqual([true, [DOUBT]]);
    rig.save(rig.task);
    expect([recheckUnreadable(rig.supervisor), rig.isKnown()]).toEqual([null, true]);
  });
});
