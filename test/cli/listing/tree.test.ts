import { describe, expect, test } from "bun:test";
import type { ListedRow } from "../../../src/cli/listing/choose.ts";
import { treeLines } from "../../../src/cli/listing/tree.ts";
import { makeTaskId } from "../../../src/model/identity.ts";
import type { Task } from "../../../src/model/task.ts";
import { after, aTask, exited } from "../../rig/tasks.ts";
import { TempHome } from "../../rig/temp-home.ts";

/** A task that waits for others, by their numbers. */
function waiting(number: number, ...parents: readonly number[]): Task {
  const spec = {
    after: parents.map((parent) => ({ task: makeTaskId(parent, "train"), when: "any" as const })),
  };
  return aTask({ number, ...(parents.length > 0 && { spec }) });
}

/** The numbers of the rows with the branches before them, and the notes. */
function drawn(home: TempHome, rows: readonly ListedRow[]): string[] {
  return treeLines(home.layout, rows).map(({ row, branches, note }) => {
    const number = "group" in row ? row.group.name : row.metadata.number;
    return `${branches}${number}${note === "" ? "" : ` (${note})`}`;
  });
}

describe("a tree of dependencies", () => {
  test("shows each task once, below the last of its parents, and names the others", async () => {
    await using home = new TempHome();
    const rows = [
      waiting(5, 3, 4),
      waiting(1),
      waiting(2, 1),
      waiting(3, 1),
      waiting(4, 2),
      waiting(6),
      waiting(7, 5),
    ];
    expect(drawn(home, rows)).toEqual([
      "1",
      "├─ 2",
      "│  └─ 4",
      "│     └─ 5 (also after 3)",
      "│        └─ 7",
      "└─ 3",
      "6",
    ]);
  });

  test("finds parents that ended and are not listed, and says which were removed", async () => {
    await using home = new TempHome();
    home.put(after(waiting(1), exited(0)));
    home.put(after(waiting(2, 1), exited(1)));
    expect(drawn(home, [waiting(9, 2, 3), waiting(10, 3)])).toEqual([
      "1",
      "└─ 2",
      "   └─ 9 (also after 3 (removed))",
      "10 (after 3 (removed))",
    ]);
  });

  test("draws a sweep as one row, with what waits for its members below it", async () => {
    await using home = new TempHome();
    const group = { id: 2, name: "grid", index: 1, size: 3, values: {} };
    const members = [2, 3, 4].map((number) => waiting(number, 1));
    const fold = {
      group,
      running: [],
      queued: members,
      completed: 0,
      cancelled: 0,
      failed: 0,
      cleaned: 0,
      leftMs: null,
    };
    expect(drawn(home, [waiting(1), fold, waiting(5, 2, 3, 4)])).toEqual(["1", "└─ grid", "   └─ 5"]);
  });

  test("draws no circle that was edited into the records", async () => {
    await using home = new TempHome();
    expect(drawn(home, [waiting(1, 2), waiting(2, 1)])).toEqual(["1 (after 2)", "└─ 2"]);
  });

  test("of a chain of ten thousand tasks has short branches", async () => {
    await using home = new TempHome();
    const rows = Array.from({ length: 10_000 }, (_, index) =>
      index === 0 ? waiting(1) : waiting(index + 1, index),
    );
    const lines = treeLines(home.layout, rows);
    expect(lines).toHaveLength(10_000);
    expect(lines.at(-1)?.branches).toBe(`${"   ".repeat(8)}+9991 `);
  });
});
