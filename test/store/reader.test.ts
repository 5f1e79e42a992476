import { describe, expect, test } from "bun:test";
import { renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { makeTaskId, numberOf } from "../../src/model/identity.ts";
import { PLACES } from "../../src/model/state.ts";
import { commitBatch } from "../../src/store/batch.ts";
import { allIds, idsIn, newestIds, readTask, readTasks } from "../../src/store/reader.ts";
import { errorOf, valueOf } from "../rig/results.ts";
import { after, aTask, exited, taskIn } from "../rig/tasks.ts";
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
  test("give ids in the order of their numbers, those on their way as pending", async () => {
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

  test("name a task once that is in two places", async () => {
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

  test("tells what is missing from what is spoilt", async () => {
    await using home = new TempHome();
    expect(errorOf(readTask(home.layout, ID))).toEqual({ type: "missing" });
    writeFileSync(home.layout.record("done", ID), "");
    expect(errorOf(readTask(home.layout, ID))).toEqual({ type: "corrupt", reason: "it is empty" });
  });
});

describe("readTasks()", () => {
  test("reads the tasks of some places, each once, and leaves out what is spoilt", async () => {
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

test("newestIds() goes from the highest number down, over several folders, and skips what is no record", async () => {
  await using home = new TempHome();
  for (const number of [2, 11, 1_000_000]) home.put(after(aTask({ number }), exited(0)));
  home.put(after(aTask({ number: 7 }), exited(3)));
  writeFileSync(join(home.layout.place("done"), "000012 notes.txt"), "");
  writeFileSync(join(home.layout.place("done"), "README"), "");
  expect([...newestIds(home.layout, ["done", "dead-letter"])].map(numberOf)).toEqual([1_000_000, 11, 7, 2]);
});

test("newestIds() has each of many once, in their order, those of one number too", async () => {
  await using home = new TempHome();
  const numbers = Array.from({ length: 450 }, (_, index) => (index * 7) % 400);
  for (const [index, number] of numbers.entries())
    writeFileSync(
      join(
        home.layout.place(index % 3 === 0 ? "dead-letter" : "done"),
        `${String(number).padStart(6, "0")}-t${index}.json`,
      ),
      "",
    );
  const found = [...newestIds(home.layout, ["done", "dead-letter"])];
  expect(new Set(found).size).toBe(found.length);
  expect(found.map(numberOf)).toEqual(found.map(numberOf).toSorted((left, right) => right - left));
  expect(found.length).toBe(
    new Set([...idsIn(home.layout, "done"), ...idsIn(home.layout, "dead-letter")]).size,
  );
});
