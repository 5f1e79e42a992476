import { describe, expect, test } from "bun:test";
import { renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { makeTaskId } from "../../src/model/identity.ts";
import { PLACES } from "../../src/model/state.ts";
import { commitBatch } from "../../src/store/batch.ts";
import { allIds, idsIn, readTask, readTasks } from "../../src/store/reader.ts";
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
