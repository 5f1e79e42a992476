import { expect, test } from "bun:test";
import { SORT_KEYS, type SortKey, sorted } from "../../../src/cli/listing/sort.ts";
import { after, aTask, at, exited, NOW_MS, taskIn } from "../../rig/tasks.ts";

const queued = (number: number, priority: number, name: string, createdMs: number) =>
  aTask({ number, name, spec: { priority }, metadata: { createdAt: at(createdMs) } });
const ROWS = [
  taskIn("running", { number: 5, name: "e" }),
  queued(1, 7, "a10", -9_000),
  queued(2, -1, "a9", -1_000),
  after(aTask({ number: 3, name: "c" }), exited(0), { endedAtMs: NOW_MS + 2_000 }),
  after(aTask({ number: 4, name: "B" }), exited(1), { endedAtMs: NOW_MS + 1_000 }),
  {
    group: { id: 6, name: "d", index: 1, size: 4, values: {} },
    running: [],
    queued: [queued(8, 3, "d-3", -5_000)],
    completed: 2,
    cancelled: 0,
    cleaned: 0,
    failed: 0,
    leftMs: null,
  },
];
const numbers = (key: SortKey): number[] =>
  sorted(ROWS, key, NOW_MS + 3_000).map((row) => ("group" in row ? row.group.id : row.metadata.number));

test.each<[SortKey, number[]]>([
  ["id", [1, 2, 3, 4, 5, 6]],
  ["-id", [6, 5, 4, 3, 2, 1]],
  ["name", [2, 1, 4, 3, 6, 5]],
  ["state", [1, 2, 6, 5, 3, 4]],
  ["elapsed", [4, 3, 5, 2, 6, 1]],
  ["-elapsed", [1, 6, 2, 5, 3, 4]],
  ["priority", [2, 5, 3, 4, 6, 1]],
  ["-priority", [1, 6, 5, 3, 4, 2]],
  ["submitted", [1, 6, 2, 5, 3, 4]],
  ["ended", [4, 3, 5, 1, 2, 6]],
  ["-ended", [3, 4, 5, 1, 2, 6]],
])("sorted() by %s", (key, expected) => {
  expect(numbers(key)).toEqual(expected);
});

test("sorted() loses no row by any key", () => {
  for (const key of SORT_KEYS) expect(new Set(numbers(key))).toEqual(new Set([1, 2, 3, 4, 5, 6]));
});
