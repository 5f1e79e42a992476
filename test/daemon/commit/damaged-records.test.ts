import { expect, test } from "bun:test";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { DamagedRecords } from "../../../src/daemon/commit/damaged-records.ts";
import type { Task } from "../../../src/model/task.ts";
import { recordText } from "../../../src/store/record.ts";
import { fakeClock } from "../../rig/clock.ts";
import { holderOf } from "../../rig/holder.ts";
import { asClaimed, aTask } from "../../rig/tasks.ts";
import { TempHome } from "../../rig/temp-home.ts";

/** A running job, its supervisor, and someone who writes into its record. */
class Rig implements AsyncDisposable {
  readonly home = new TempHome();
  readonly said: string[] = [];
  readonly supervisor = holderOf(this.home.layout, fakeClock(), (line) => this.said.push(line));
  readonly task: Task = asClaimed(aTask());
  readonly path = this.home.put(this.task);
  readonly records = new DamagedRecords(this.supervisor);

  constructor() {
    this.supervisor.queue.upsert(this.task);
    this.records.repair();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.supervisor[Symbol.dispose]();
    await this.home[Symbol.asyncDispose]();
  }
}

test.each<[string, (rig: Rig) => void]>([
  ["garbage", ({ path }) => writeFileSync(path, "garbage")],
  ["nothing", ({ path }) => writeFileSync(path, "")],
  [
    "another task",
    ({ path, task }) =>
      writeFileSync(path, recordText({ ...task, metadata: { ...task.metadata, uid: "another" } })),
  ],
  ["a folder", ({ path }) => (rmSync(path), mkdirSync(path))],
])(
  "the record of a running job that was replaced by %s is written again and the other kept",
  async (_what, damage) => {
    await using rig = new Rig();
    damage(rig);
    rig.records.repair();
    expect(readFileSync(rig.path, "utf8")).toBe(recordText(rig.task));
    expect(rig.said).toEqual([
      expect.stringContaining("000001-train: its record was damaged, and was written again") as string,
    ]);
    rig.records.repair();
    expect(rig.said).toHaveLength(1);
    expect(readdirSync(join(dirname(rig.path), ".corrupt"))).toEqual([basename(rig.path)]);
  },
);

test.each<[string, (rig: Rig) => void]>([
  ["was removed by hand", ({ path }) => rmSync(path)],
  [
    "is an older version",
    ({ path, task }) =>
      writeFileSync(path, recordText({ ...task, metadata: { ...task.metadata, resourceVersion: 0 } })),
  ],
])("the record of a running job that %s is left alone", async (_what, change) => {
  await using rig = new Rig();
  change(rig);
  const before = rig.home.files("running");
  rig.records.repair();
  expect(rig.home.files("running")).toEqual(before);
  expect(rig.said).toEqual([]);
});

test("of many changed records some are read at a time, and the rest afterwards", async () => {
  await using rig = new Rig();
  writeFileSync(rig.path, "garbage");
  rig.records.repair(0);
  expect(rig.said).toEqual([]);
  rig.records.repair(1);
  expect(rig.said).toHaveLength(1);
});
