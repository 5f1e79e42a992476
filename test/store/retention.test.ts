import { describe, expect, test } from "bun:test";
import { existsSync, mkdirSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { makeTaskId, type TaskId } from "../../src/model/identity.ts";
import type { Task } from "../../src/model/task.ts";
import { keepEnvironment } from "../../src/store/environments.ts";
import { finishRemoval, removeParts, removeTask } from "../../src/store/retention.ts";
import { isOnRecord, lastWritten, partsOf, runsIn } from "../../src/store/run-parts.ts";
import { crashImages, refusedAt } from "../rig/crash.ts";
import { valueOf } from "../rig/results.ts";
import { after, aTask, exited, NOW_MS } from "../rig/tasks.ts";
import { TempHome } from "../rig/temp-home.ts";

const DAY = 86_400_000;
const id = (number: number): TaskId => makeTaskId(number, "train");

/** A task that ended so many days ago. */
function endedAgo(number: number, days: number, code = 0): Task {
  return after(aTask({ number }), exited(code), { endedAtMs: NOW_MS - days * DAY });
}

/** Puts a task with what its attempts left. */
function putRun(home: TempHome, task: Task): void {
  home.put(task);
  const folder = home.layout.attempt(task.metadata.id, 1);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "output.log"), "bye\n");
}

describe("removeTask()", () => {
  test("removes the record and everything that the task left, and nothing of other tasks", async () => {
    await using home = new TempHome();
    for (const task of [endedAgo(1, 9), endedAgo(2, 9, 3), endedAgo(3, 9)]) putRun(home, task);
    for (const number of [1, 2]) expect(removeTask(home.layout, id(number), ["logs"]).ok).toBeTrue();
    finishRemoval(home.layout, () => false, NOW_MS);
    expect(home.files("done")).toEqual(["000003-train.json"]);
    expect([home.files("dead-letter"), home.files("runs")]).toEqual([[], ["000003-train/1/output.log"]]);
    expect(removeTask(home.layout, id(1), ["logs"]).ok).toBeTrue();
  });

  test("leaves no run folder without a record, wherever it is killed", async () => {
    await using home = new TempHome();
    for (const task of [endedAgo(1, 9), endedAgo(2, 9, 3)]) putRun(home, task);
    const images = crashImages(home, (layout) => {
      for (const number of [1, 2]) valueOf(removeTask(layout, id(number), ["logs"]));
    });
    expect(images.map(({ failpoint }) => failpoint)).toEqual([
      "clean:run-removed",
      "clean:record-removed",
      "clean:run-removed",
      "clean:record-removed",
    ]);
    for (const { layout } of images) {
      for (const number of [1, 2]) {
        if (existsSync(layout.run(id(number)))) expect(isOnRecord(layout, id(number))).toBeTrue();
      }
    }
  });

  test("reports what the system refuses", async () => {
    await using home = new TempHome();
    putRun(home, endedAgo(1, 9));
    const removed = refusedAt("clean:run-removed", "EIO", () => removeTask(home.layout, id(1), ["logs"]));
    expect(removed.ok ? null : removed.error.message).toStartWith('Cannot remove "000001-train"');
  });
});

describe("finishRemoval()", () => {
  test("removes the environments that are not used, unless they are young", async () => {
    await using home = new TempHome();
    const [used, unused] = ["used", "unused"].map((name) =>
      keepEnvironment(home.layout, { NAME: name }, NOW_MS),
    );
    finishRemoval(home.layout, (name) => name === used || name === unused, NOW_MS + 999 * DAY);
    expect(home.files("env")).toHaveLength(2);
    finishRemoval(home.layout, (name) => name === used, NOW_MS);
    expect(home.files("env")).toHaveLength(2);
    finishRemoval(home.layout, (name) => name === used, NOW_MS + 999 * DAY);
    expect(home.files("env")).toEqual([`${used}.json`]);
  });
});

/** What stint, the job and its user put into the folder of task 1, each file with five bytes. */
function furnish(home: TempHome): void {
  putRun(home, endedAgo(1, 9));
  const folder = home.layout.run(id(1));
  for (const name of ["2/models", "checkpoint"]) mkdirSync(join(folder, name), { recursive: true });
  const own = [
    "start",
    "exit.json",
    "script",
    "script-preload.js",
    "limits.json",
    "limits-missed",
    "group-scope",
    "group-end",
    "container-end",
    "container-direct",
    "cid",
  ];
  const jobs = ["2/result.log", "2/models/best.keras", "checkpoint/output.log", "notes.txt"];
  const logs = ["2/stdout.log", "2/stderr.log"];
  for (const name of [...own.map((file) => `1/${file}`), ...jobs, ...logs])
    writeFileSync(join(folder, name), "12345");
}

describe("what a job made", () => {
  test("stays when its task is removed, and is told apart by size", async () => {
    await using home = new TempHome();
    furnish(home);
    const bytes = Object.entries(partsOf(home.layout, id(1))).map(([part, found]) => [part, found.bytes]);
    expect(Object.fromEntries(bytes)).toEqual({ own: 55, logs: 14, artifacts: 15, checkpoint: 5 });
    valueOf(removeTask(home.layout, id(1), ["logs"]));
    const folder = "000001-train";
    expect(home.files("runs")).toEqual(
      ["2/models/best.keras", "2/result.log", "checkpoint/output.log", "notes.txt"].map(
        (name) => `${folder}/${name}`,
      ),
    );
    expect([[...runsIn(home.layout)].flat(), isOnRecord(home.layout, id(1))]).toEqual([[id(1)], false]);
    valueOf(removeParts(home.layout, id(1), { parts: ["checkpoint"], isOnRecord: true }));
    expect(home.files("runs")).toHaveLength(3);
    valueOf(removeParts(home.layout, id(1), { parts: ["artifacts"], isOnRecord: true }));
    expect([...runsIn(home.layout)].flat()).toEqual([]);
  });

  test("is removed with its task on request, a link without its target", async () => {
    await using home = new TempHome();
    furnish(home);
    const elsewhere = join(home.path, "elsewhere");
    mkdirSync(elsewhere);
    writeFileSync(join(elsewhere, "model"), "12345");
    symlinkSync(elsewhere, join(home.layout.attempt(id(1), 1), "models"));
    valueOf(removeTask(home.layout, id(1), ["logs", "artifacts", "checkpoint"]));
    expect([[...runsIn(home.layout)].flat(), existsSync(join(elsewhere, "model"))]).toEqual([[], true]);
  });

  test("is as old as its newest file", async () => {
    await using home = new TempHome();
    furnish(home);
    const folder = home.layout.run(id(1));
    for (const name of home.files("runs/000001-train")) utimesSync(join(folder, name), 1_000, 1_000);
    for (const name of ["2/models", "2", "1", "checkpoint", "."])
      utimesSync(join(folder, name), 1_000, 1_000);
    utimesSync(join(folder, "2/models/best.keras"), 2_000, 2_000);
    expect(lastWritten([folder])).toBe(2_000_000);
    expect(lastWritten([join(folder, "missing")])).toBe(0);
  });
});

test("removeParts() removes the output of each attempt, and nothing else", async () => {
  await using home = new TempHome();
  furnish(home);
  valueOf(removeParts(home.layout, id(1), { parts: ["logs"], isOnRecord: true }));
  expect(partsOf(home.layout, id(1)).logs).toEqual({ paths: [], bytes: 0 });
  expect(home.files("runs/000001-train")).toHaveLength(15);
});
