import { describe, expect, test } from "bun:test";
import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { batchMembers, commitBatch, incomingBatches, newBatch, publishBatch } from "../../src/store/batch.ts";
import { takeFile } from "../../src/store/inbox-files.ts";
import { idsIn } from "../../src/store/reader.ts";
import { readRecord } from "../../src/store/record.ts";
import { cutShort } from "../rig/crash.ts";
import { valueOf } from "../rig/results.ts";
import { aTask } from "../rig/tasks.ts";
import { TempHome } from "../rig/temp-home.ts";
import { race } from "../rig/workers.ts";

const THREE = [1, 2, 3].map((number) => aTask({ number }));
const names = THREE.map((task) => `${task.metadata.id}.json`);

describe("newBatch()", () => {
  test("makes names that sort by time", () => {
    const made = Array.from({ length: 100 }, newBatch);
    expect(made.toSorted()).toEqual(made);
    expect(new Set(made).size).toBe(100);
  });
});

describe("commitBatch()", () => {
  test("accepts all tasks in one step, complete, for the owner alone, and leaves nothing staged", async () => {
    await using home = new TempHome();
    commitBatch(home.layout, "b1", { tasks: THREE });
    expect(home.files("incoming")).toEqual([...names, "journal"].map((name) => `b1/${name}`));
    expect(home.files("tmp")).toEqual([]);
    expect(home.files("pending")).toEqual([]);
    const path = join(home.layout.incoming, "b1", names[0] ?? "");
    expect(valueOf(readRecord(path))).toEqual(THREE[0] ?? aTask());
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  test("counts accepted tasks as pending before they are published", async () => {
    await using home = new TempHome();
    commitBatch(home.layout, "b1", { tasks: THREE });
    expect(idsIn(home.layout, "pending")).toEqual(THREE.map(({ metadata }) => metadata.id));
  });

  test("accepts nothing where it fails before that step", async () => {
    await using home = new TempHome();
    cutShort("batch:staged", () => commitBatch(home.layout, "b1", { tasks: THREE }));
    expect(incomingBatches(home.layout)).toEqual([]);
    expect(idsIn(home.layout, "pending")).toEqual([]);
  });

  test("accepts nothing before the numbers of its tasks are on the disk", async () => {
    await using home = new TempHome();
    rmSync(home.layout.numbers, { recursive: true });
    expect(() => commitBatch(home.layout, "b1", { tasks: THREE })).toThrow("numbers");
    expect(incomingBatches(home.layout)).toEqual([]);
    expect(home.files("tmp")).toEqual([]);
  });

  test("never adds to a batch that exists", async () => {
    await using home = new TempHome();
    commitBatch(home.layout, "b1", { tasks: [aTask({ number: 1 })] });
    expect(() => commitBatch(home.layout, "b1", { tasks: [aTask({ number: 2 })] })).toThrow();
    expect(batchMembers(home.layout, "b1")).toHaveLength(1);
  });
});

describe("publishBatch()", () => {
  test("moves a batch into pending/ and is harmless to do again", async () => {
    await using home = new TempHome();
    commitBatch(home.layout, "b1", { tasks: THREE });
    expect(publishBatch(home.layout, "b1")).toEqual(THREE.map(({ metadata }) => metadata.id));
    expect(home.files("pending")).toEqual(names);
    expect(incomingBatches(home.layout)).toEqual([]);
    expect(publishBatch(home.layout, "b1")).toEqual([]);
    expect(home.files("pending")).toEqual(names);
  });

  test("continues where it was interrupted", async () => {
    await using home = new TempHome();
    commitBatch(home.layout, "b1", { tasks: THREE });
    cutShort("batch:publishing", () => publishBatch(home.layout, "b1"));
    expect(home.files("pending")).toHaveLength(1);
    expect(batchMembers(home.layout, "b1")).toHaveLength(2);
    publishBatch(home.layout, "b1");
    expect(home.files("pending")).toEqual(names);
    expect(incomingBatches(home.layout)).toEqual([]);
  });

  test("moves every task exactly once where eight processes do it at once", async () => {
    await using home = new TempHome();
    const tasks = Array.from({ length: 40 }, (_, index) => aTask({ number: index + 1 }));
    commitBatch(home.layout, "b1", { tasks });
    const moved = (await race(
      home.layout.home,
      Array.from({ length: 8 }, () => ["publish", "b1"] as const),
    )) as string[][];
    expect(moved.flat().toSorted()).toEqual(tasks.map(({ metadata }) => metadata.id as string));
    expect(home.files("pending")).toHaveLength(40);
    expect(incomingBatches(home.layout)).toEqual([]);
  });

  test("files the inbox file that the batch was read from", async () => {
    await using home = new TempHome();
    writeFileSync(join(home.layout.inbox, "job.yaml"), "run: true\n");
    const taken = takeFile(home.layout.inbox, { file: "job.yaml", batch: newBatch() });
    commitBatch(home.layout, "b1", { tasks: THREE, ...(taken !== null && { taken: [taken] }) });
    expect(home.files("inbox").map((path) => path.split("/")[0])).toEqual([".taking"]);
    publishBatch(home.layout, "b1");
    expect(home.files("inbox")).toEqual([".accepted/job.yaml"]);
    expect(incomingBatches(home.layout)).toEqual([]);
  });

  test("leaves a folder with foreign files", async () => {
    await using home = new TempHome();
    commitBatch(home.layout, "b1", { tasks: THREE });
    writeFileSync(join(home.layout.incoming, "b1", "note.txt"), "mine");
    publishBatch(home.layout, "b1");
    expect(home.files("incoming")).toEqual(["b1/note.txt"]);
    expect(home.files("pending")).toEqual(names);
  });
});

describe("incomingBatches()", () => {
  test("ignores what is no batch", async () => {
    await using home = new TempHome();
    writeFileSync(join(home.layout.incoming, ".DS_Store"), "");
    mkdirSync(join(home.layout.incoming, "b1"));
    expect(incomingBatches(home.layout)).toEqual(["b1"]);
    expect(idsIn(home.layout, "pending")).toEqual([]);
  });
});

test("a record is the same in the batch and in pending/", async () => {
  await using home = new TempHome();
  commitBatch(home.layout, "b1", { tasks: THREE });
  const before = readFileSync(join(home.layout.incoming, "b1", names[1] ?? ""), "utf8");
  publishBatch(home.layout, "b1");
  expect(readFileSync(join(home.layout.home, "pending", names[1] ?? ""), "utf8")).toBe(before);
});
