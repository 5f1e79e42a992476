import { describe, expect, test } from "bun:test";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { makeTaskId, type TaskId } from "../../src/model/identity.ts";
import type { Task } from "../../src/model/task.ts";
import { keepEnvironment } from "../../src/store/environments.ts";
import { bytesOfRun, finishRemoval, logsOf, removeLogs, removeTask } from "../../src/store/retention.ts";
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
  test("removes the record and all that the task left, and nothing of others", async () => {
    await using home = new TempHome();
    for (const task of [endedAgo(1, 9), endedAgo(2, 9, 3), endedAgo(3, 9)]) putRun(home, task);
    for (const number of [1, 2]) expect(removeTask(home.layout, id(number)).ok).toBeTrue();
    finishRemoval(home.layout, new Set(), NOW_MS);
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
  test("removes the environments that are not used, unless they are young", async () => {
    await using home = new TempHome();
    const [used, unused] = ["used", "unused"].map((name) =>
      keepEnvironment(home.layout, { NAME: name }, NOW_MS),
    );
    finishRemoval(home.layout, new Set([used ?? "", unused ?? ""]), NOW_MS + 999 * DAY);
    expect(home.files("env")).toHaveLength(2);
    finishRemoval(home.layout, new Set([used ?? ""]), NOW_MS);
    expect(home.files("env")).toHaveLength(2);
    finishRemoval(home.layout, new Set([used ?? ""]), NOW_MS + 999 * DAY);
    expect(home.files("env")).toEqual([`${used}.json`]);
  });
});

describe("removeLogs()", () => {
  test("removes the output of each attempt, and nothing else", async () => {
    await using home = new TempHome();
    putRun(home, endedAgo(1, 9));
    const folder = home.layout.run(id(1));
    mkdirSync(join(folder, "2"));
    mkdirSync(join(folder, "checkpoint"));
    for (const name of ["2/stdout.log", "2/stderr.log", "2/result.log", "checkpoint/output.log"])
      writeFileSync(join(folder, name), "12345");
    expect([bytesOfRun(home.layout, id(1)), logsOf(home.layout, id(1)).bytes]).toEqual([24, 14]);
    expect(removeLogs(home.layout, id(1)).ok).toBeTrue();
    expect(home.files("runs/000001-train")).toEqual(["2/result.log", "checkpoint/output.log"]);
    expect(logsOf(home.layout, id(1))).toEqual({ paths: [], bytes: 0 });
    expect(logsOf(home.layout, id(2))).toEqual({ paths: [], bytes: 0 });
  });
});
