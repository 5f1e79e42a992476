import { describe, expect, test } from "bun:test";
import { groupsOf, sortedGroups } from "../../../src/desk/results/by.ts";
import { columnsOf } from "../../../src/desk/results/columns.ts";
import type { ResultRow } from "../../../src/desk/results/row.ts";
import { fc } from "../../rig/fast-check.ts";
import { aRow } from "./results.ts";

const groups = (rows: readonly ResultRow[], names: readonly string[] = ["lr"]) =>
  groupsOf(
    rows,
    columnsOf(rows, ["acc"]).filter(({ name }) => names.includes(name)),
    ["acc"],
  );
const run = (number: number, lr: string, acc: unknown, change: Partial<ResultRow> = {}): ResultRow =>
  aRow(number, { acc }, { values: { lr, seed: String(number) }, ...change });

describe("the mean of an output", () => {
  test("is that of the completed runs of a group, with the standard deviation of the sample", () => {
    const rows = [
      run(1, "0.1", 1),
      run(2, "0.1", 2),
      run(3, "0.1", 4),
      run(4, "0.1", 9, { state: "failed" }),
      run(5, "0.01", 7),
    ];
    const [small, large] = groups(rows);
    expect(small).toMatchObject({ key: ["0.01"], rows: 1, completed: 1, meanMs: 60_000 });
    expect(small?.outputs).toEqual({ acc: { n: 1, mean: 7, sd: null, min: 7, max: 7, filled: 0 } });
    expect(large).toMatchObject({ key: ["0.1"], rows: 4, completed: 3 });
    expect(large?.outputs["acc"]).toMatchObject({ n: 3, min: 1, max: 4 });
    expect(large?.outputs["acc"]?.mean).toBeCloseTo(7 / 3, 12);
    expect(large?.outputs["acc"]?.sd).toBeCloseTo(1.527525, 6);
  });

  test("leaves out NaN, infinities and texts, and tells how many were filled", () => {
    const filled = { outputs: { acc: { value: 3, source: "metric" as const } } };
    const rows = [
      run(1, "1", "nan"),
      run(2, "1", "inf"),
      run(3, "1", "good"),
      run(4, "1", 1),
      run(5, "1", 0, filled),
    ];
    expect(groups(rows)[0]?.outputs["acc"]).toMatchObject({ n: 2, mean: 2, filled: 1 });
  });

  test("is between the smallest and the largest, and every run is in one group", () => {
    const value = fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e100, max: 1e100 });
    const lr = fc.constantFrom("0.1", "1e-3", "adam", "");
    fc.assert(
      fc.property(fc.array(fc.tuple(lr, value)), (all) => {
        const found = groups(all.map(([of, acc], index) => run(index + 1, of, acc)));
        expect(found.reduce((total, { rows }) => total + rows, 0)).toBe(all.length);
        for (const { key, outputs, rows } of found) {
          const { n = 0, mean = 0, min = 0, max = 0, sd = null } = outputs["acc"] ?? {};
          const slack = 1e-12 * Math.max(Math.abs(min), Math.abs(max));
          expect(n).toBe(rows);
          expect(mean >= min - slack && mean <= max + slack).toBe(true);
          expect(sd === null ? n : 2).toBe(sd === null ? 1 : 2);
          expect(sd === null || (sd >= 0 && sd <= (max - min) * (1 + 1e-9))).toBe(true);
          expect(all.filter(([of]) => of === key[0])).toHaveLength(rows);
        }
      }),
    );
  });
});

test("groups are in the order of their keys, numbers as numbers, or in that of a mean, those without one last", () => {
  const rows = [run(1, "10", 3), run(2, "9", undefined), run(3, "adam", 2), run(4, "1e-3", 5)];
  expect(groups(rows).map(({ key }) => key[0])).toEqual(["1e-3", "9", "10", "adam"]);
  expect(sortedGroups(groups(rows), "acc", true).map(({ key }) => key[0])).toEqual([
    "1e-3",
    "10",
    "adam",
    "9",
  ]);
  expect(sortedGroups(groups(rows), "acc", false).map(({ key }) => key[0])).toEqual([
    "adam",
    "10",
    "1e-3",
    "9",
  ]);
  expect(groups(rows, ["lr", "seed"])).toHaveLength(4);
});
