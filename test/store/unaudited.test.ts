import { describe, expect, test } from "bun:test";
import { appendFileSync } from "node:fs";
import type { Task } from "../../src/model/task.ts";
import { Audit } from "../../src/store/audit.ts";
import { takenNote, unaudited } from "../../src/store/audit-chain.ts";
import { raiseNumbers } from "../../src/store/numbers.ts";
import { aTask, at, NOW_MS } from "../rig/tasks.ts";
import { TempHome } from "../rig/temp-home.ts";

/** Appends lines on versions of tasks, by the numbers in their uids: what one holder does. */
function log(home: TempHome, ...versions: readonly (readonly [number, number])[]): void {
  using audit = new Audit(home.layout);
  audit.append(
    versions.map(([number, version]) => ({
      event: "task_queued",
      actor: "ada",
      task: aTask({ number }).metadata.id,
      uid: `uid-${number}`,
      version,
    })),
    NOW_MS,
  );
}

describe("unaudited()", () => {
  const task = (number: number, resourceVersion: number, uid = `uid-${number}`): Task =>
    aTask({ number, metadata: { uid, resourceVersion, createdAt: at(0) } });

  test("finds records that are newer than their last line, in the order of the tasks", async () => {
    await using home = new TempHome();
    log(home, [1, 1], [1, 2], [2, 1], [3, 4]);
    log(home, [1, 3], [3, 3]);
    const tasks = [task(4, 1), task(3, 4), task(1, 3), task(2, 2), task(5, 2)];
    expect(unaudited(home.layout, tasks)).toEqual([
      { task: task(4, 1), audited: 0 },
      // The last line counts, as that of a record that was brought back by hand.
      { task: task(3, 4), audited: 3 },
      { task: task(2, 2), audited: 1 },
      { task: task(5, 2), audited: 0 },
    ]);
    expect(unaudited(home.layout, [])).toEqual([]);
  });

  test("reads a line by its keys, in whatever order and with whatever text they stand", async () => {
    await using home = new TempHome();
    log(home, [1, 1]);
    const lines = [
      { version: 2, detail: '"uid":"uid-1","version":9', uid: "uid-1", at: at(0) },
      { version: 3, detail: "of no task", at: at(0) },
    ];
    appendFileSync(
      home.layout.audit,
      `${lines.map((line) => `${JSON.stringify(line)}\n`).join("")}no JSON\n`,
    );
    expect(unaudited(home.layout, [task(1, 2)])).toEqual([]);
    expect(unaudited(home.layout, [task(1, 3)])).toEqual([{ task: task(1, 3), audited: 2 }]);
  });

  test("looks at each task once, in its newest version", async () => {
    await using home = new TempHome();
    log(home, [1, 2]);
    const copies = [task(1, 1), task(7, 3, "uid-1"), task(1, 2)];
    expect(unaudited(home.layout, copies)).toEqual([{ task: task(7, 3, "uid-1"), audited: 2 }]);
    expect(unaudited(home.layout, [task(1, 2), task(7, 1, "uid-1")])).toEqual([]);
  });

  const DAY = 86_400_000;
  const taken = (home: TempHome, nowMs: number, isAllRead = true): void => {
    using audit = new Audit(home.layout);
    const lock = { owner: { role: "command", pid: 1 }, takenFrom: null, isAllRead } as const;
    audit.append([takenNote(home.layout, "ada", lock)], nowMs);
  };

  test("looks for nothing of what the last holder found as it is now", async () => {
    await using home = new TempHome();
    taken(home, NOW_MS + 3 * DAY);
    log(home, [2, 1]);
    const changed = aTask({
      number: 3,
      metadata: { uid: "uid-3", createdAt: at(0), updatedAt: at(3 * DAY) },
    });
    expect(unaudited(home.layout, [task(1, 1), task(2, 1), changed])).toEqual([
      { task: changed, audited: 0 },
    ]);
    // One that could not read all of it says nothing of that.
    taken(home, NOW_MS + 9 * DAY, false);
    expect(unaudited(home.layout, [changed])).toEqual([{ task: changed, audited: 0 }]);
    // A holder of before told what it found, but not what changed after it.
    taken(home, NOW_MS + 9 * DAY);
    expect(unaudited(home.layout, [task(1, 1), task(2, 2), changed])).toEqual([]);
  });

  test("looks no further back than to when no number of them was given out yet", async () => {
    await using home = new TempHome();
    log(home, [7, 1], [8, 1]);
    raiseNumbers(home.layout, 6);
    taken(home, NOW_MS);
    raiseNumbers(home.layout, 8);
    taken(home, NOW_MS);
    log(home, [9, 1]);
    expect(unaudited(home.layout, [task(7, 1), task(9, 1)])).toEqual([{ task: task(7, 1), audited: 0 }]);
    expect(unaudited(home.layout, [task(6, 1), task(7, 1)])).toEqual([{ task: task(6, 1), audited: 0 }]);
  });
});
