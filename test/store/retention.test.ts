import { describe, expect, test } from "bun:test";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { makeTaskId, type TaskId } from "../../src/model/identity.ts";
import type { Task } from "../../src/model/task.ts";
import { keepEnvironment } from "../../src/store/environments.ts";
import { finishRemoval, removable, removeTask } from "../../src/store/retention.ts";
import { crashImages, refusedAt } from "../rig/crash.ts";
import { valueOf } from "../rig/results.ts";
import { after, asRunning, aTask, exited, NOW_MS, taskIn } from "../rig/tasks.ts";
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

describe("removable()", () => {
  test("names what ended before a time in done/, and in dead-letter/ only where that is asked", async () => {
    await using home = new TempHome();
    for (const task of [
      endedAgo(1, 9),
      endedAgo(2, 7),
      endedAgo(3, 6),
      endedAgo(4, 9, 3),
      aTask({ number: 5 }),
    ])
      home.put(task);
    home.put(asRunning(aTask({ number: 6 })));
    const before = { endedBeforeMs: NOW_MS - 7 * DAY };
    expect(removable(home.layout, { ...before, deadLetter: false, needed: new Set() })).toEqual([id(1)]);
    expect(removable(home.layout, { ...before, deadLetter: true, needed: new Set() })).toEqual([
      id(1),
      id(4),
    ]);
  });

  test("never names a record that cannot be read, or one that waits there by mistake", async () => {
    await using home = new TempHome();
    writeFileSync(home.layout.record("done", id(1)), "spoilt");
    home.put(aTask({ number: 2 }), "done");
    home.put(taskIn("running", { number: 3 }), "done");
    expect(
      removable(home.layout, { endedBeforeMs: NOW_MS + DAY, deadLetter: true, needed: new Set() }),
    ).toEqual([]);
  });
});

describe("removeTask()", () => {
  test("removes the record and all that the task left, and nothing of others", async () => {
    await using home = new TempHome();
    for (const task of [endedAgo(1, 9), endedAgo(2, 9, 3), endedAgo(3, 9)]) putRun(home, task);
    for (const number of [1, 2]) expect(removeTask(home.layout, id(number)).ok).toBeTrue();
    finishRemoval(home.layout, NOW_MS);
    expect(home.files("done")).toEqual(["000003-train.json"]);
    expect([home.files("dead-letter"), home.files("runs")]).toEqual([[], ["000003-train/1/output.log"]]);
    expect(removeTask(home.layout, id(1)).ok).toBeTrue();
  });

  test("leaves no run that no record names, wherever it is killed", async () => {
    await using home = new TempHome();
    for (const task of [endedAgo(1, 9), endedAgo(2, 9, 3)]) putRun(home, task);
    const images = crashImages(home, (layout) => {
      for (const number of [1, 2]) valueOf(removeTask(layout, id(number)));
    });
    expect(images.map(({ failpoint }) => failpoint)).toEqual([
      "clean:run-removed",
      "clean:record-removed",
      "clean:run-removed",
      "clean:record-removed",
    ]);
    for (const { layout } of images) {
      for (const number of [1, 2]) {
        const isOnRecord =
          existsSync(layout.record("done", id(number))) ||
          existsSync(layout.record("dead-letter", id(number)));
        if (existsSync(layout.run(id(number)))) expect(isOnRecord).toBeTrue();
      }
    }
  });

  test("tells what the system refuses", async () => {
    await using home = new TempHome();
    putRun(home, endedAgo(1, 9));
    const removed = refusedAt("clean:run-removed", "EIO", () => removeTask(home.layout, id(1)));
    expect(removed.ok ? null : removed.error.message).toStartWith('Cannot remove "000001-train"');
  });
});

describe("finishRemoval()", () => {
  test("removes the environments that only removed tasks named", async () => {
    await using home = new TempHome();
    const [used, unused] = ["used", "unused"].map((name) =>
      keepEnvironment(home.layout, { NAME: name }, NOW_MS),
    );
    const withEnvironment = (task: Task, environment = ""): Task => ({
      ...task,
      metadata: { ...task.metadata, environment },
    });
    home.put(withEnvironment(endedAgo(1, 9), unused));
    home.put(withEnvironment(aTask({ number: 2 }), used));
    finishRemoval(home.layout, NOW_MS + 999 * DAY);
    expect(home.files("env")).toHaveLength(2);
    valueOf(removeTask(home.layout, id(1)));
    finishRemoval(home.layout, NOW_MS + 999 * DAY);
    expect(home.files("env")).toEqual([`${used}.json`]);
  });
});
