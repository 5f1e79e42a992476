import { describe, expect, test } from "bun:test";
import { renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { makeTaskId } from "../../src/model/identity.ts";
import { PLACES, type StateDirectory } from "../../src/model/state.ts";
import type { Task } from "../../src/model/task.ts";
import { commitBatch } from "../../src/store/batch.ts";
import { allIds, eachTask, idsIn, readTask, readTasks, TaskReader } from "../../src/store/reader.ts";
import { recordText } from "../../src/store/record.ts";
import { errorOf, valueOf } from "../rig/results.ts";
import { aTask, taskIn } from "../rig/tasks.ts";
import { TempHome } from "../rig/temp-home.ts";

const [waiting, runs, done, dead, coming] = [
  aTask({ number: 2 }),
  taskIn("running", { number: 10 }),
  taskIn("completed", { number: 1 }),
  taskIn("failed", { number: 1_000_000 }),
  aTask({ number: 7 }),
];
const ID = makeTaskId(3, "train");

function filled(home: TempHome): void {
  for (const task of [waiting, runs, done, dead]) home.put(task);
  commitBatch(home.layout, "b1", { tasks: [coming] });
}

describe("allIds() and idsIn()", () => {
  test("list ids by number, those on their way as pending", async () => {
    await using home = new TempHome();
    filled(home);
    writeFileSync(join(home.layout.place("pending"), "notes.txt"), "mine");
    writeFileSync(join(home.layout.place("pending"), ".000009-x.json"), "");
    expect(allIds(home.layout)).toEqual(
      [done, waiting, coming, runs, dead].map(({ metadata }) => metadata.id),
    );
    expect(idsIn(home.layout, "pending")).toEqual([waiting, coming].map(({ metadata }) => metadata.id));
    expect(idsIn(home.layout, "running")).toEqual([runs.metadata.id]);
  });

  test("sort by number, however many digits it is written with", async () => {
    await using home = new TempHome();
    const names = ["1000000-a", "000012-b", "999999-c", "0000011-d", "10000000-e", "000012-a"];
    for (const name of names) writeFileSync(join(home.layout.place("done"), `${name}.json`), "");
    const wanted = ["0000011-d", "000012-a", "000012-b", "999999-c", "1000000-a", "10000000-e"];
    const numbers = (ids: readonly string[]): number[] => ids.map((id) => Number.parseInt(id, 10));
    expect(numbers(allIds(home.layout))).toEqual(numbers(wanted));
    rmSync(join(home.layout.place("done"), "0000011-d.json"));
    expect(allIds(home.layout) as string[]).toEqual(wanted.slice(1));
  });

  test("list a task once that lies in two folders", async () => {
    await using home = new TempHome();
    home.put(waiting);
    home.put(waiting, "done");
    expect(allIds(home.layout)).toEqual([waiting.metadata.id]);
  });
});

describe("readTask()", () => {
  test.each([...PLACES, "tmp", "incoming"] as const)("finds a task in %s/", async (place) => {
    await using home = new TempHome();
    const task = aTask({ number: 3 });
    if (place === "incoming") commitBatch(home.layout, "b1", { tasks: [task] });
    else if (place === "tmp") renameSync(home.put(task), home.layout.moving(ID));
    else home.put(task, place);
    expect(valueOf(readTask(home.layout, ID))).toEqual(task);
  });

  test("distinguishes a missing record from a corrupt one", async () => {
    await using home = new TempHome();
    expect(errorOf(readTask(home.layout, ID))).toEqual({ type: "missing" });
    writeFileSync(home.layout.record("done", ID), "");
    expect(errorOf(readTask(home.layout, ID))).toEqual({ type: "corrupt", reason: "it is empty" });
  });
});

describe("readTasks()", () => {
  test("reads the tasks of some folders, each once, and leaves out corrupt records", async () => {
    await using home = new TempHome();
    filled(home);
    writeFileSync(home.layout.record("pending", ID), "{");
    const numbers = (...places: Parameters<typeof readTasks>[1]): number[] =>
      readTasks(home.layout, places).map(({ metadata }) => metadata.number);
    expect(numbers("pending")).toEqual([2, 7]);
    expect(numbers("done", "dead-letter")).toEqual([1, 1_000_000]);
    expect(numbers(...PLACES).toSorted((left, right) => left - right)).toEqual([1, 2, 7, 10, 1_000_000]);
  });
});

describe("eachTask()", () => {
  test("yields a task that moves between folders meanwhile, and none twice", async () => {
    await using home = new TempHome();
    const [claimed, freed] = [aTask({ number: 3 }), aTask({ number: 4 })];
    for (const task of [runs, claimed, freed]) home.put(task);
    const tasks = eachTask(home.layout, ["running", "pending"]);
    const given = [tasks.next().value];
    const path = (place: StateDirectory, { metadata }: Task): string =>
      home.layout.record(place, metadata.id);
    renameSync(path("pending", claimed), path("running", claimed));
    renameSync(path("running", runs), path("pending", runs));
    given.push(...tasks);
    expect(given).toEqual([runs, freed, claimed]);
  });
});

describe("TaskReader", () => {
  test("finds each task in any folder and order, as readTask() does", async () => {
    await using home = new TempHome();
    filled(home);
    const reader = new TaskReader(home.layout);
    const all = [waiting, runs, done, dead, coming];
    for (const task of [...all, ...all.toReversed(), done, done])
      expect(valueOf(reader.read(task.metadata.id))).toEqual(task);
    writeFileSync(home.layout.record("done", ID), recordText(done));
    expect(errorOf(reader.read(ID))).toEqual({
      type: "corrupt",
      reason: `it says that it is ${done.metadata.id}`,
    });
    expect(errorOf(reader.read(makeTaskId(4, "train")))).toEqual({ type: "missing" });
  });
});
