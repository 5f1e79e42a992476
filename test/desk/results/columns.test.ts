import { describe, expect, test } from "bun:test";
import {
  columnNamed,
  columnsOf,
  resultOrderOf,
  sortedRows,
  valueIn,
} from "../../../src/desk/results/columns.ts";
import type { ResultRow } from "../../../src/desk/results/row.ts";
import { fc } from "../../rig/fast-check.ts";
import { aRow } from "./results.ts";

function sorted(rows: readonly ResultRow[], typed: string): (number | null)[] {
  const order = resultOrderOf(columnsOf(rows, ["acc", "loss"]), typed, { acc: "max", loss: "min" });
  return order === null ? [null] : sortedRows(rows, order).map(({ number }) => number);
}

describe("rows are sorted", () => {
  const rows = [
    aRow(1, { acc: 0.5, loss: 3 }, { name: "b", ranMs: 9 }),
    aRow(2, { acc: "nan", loss: 1 }, { name: "a", ranMs: null }),
    aRow(3, { acc: 0.9 }, { name: "c", ranMs: 5 }),
    aRow(4, {}, { name: "d", ranMs: 7 }),
    aRow(5, { acc: 0.7, loss: "inf" }, { name: "e", ranMs: 8 }),
  ];

  test.each([
    ["acc", [3, 5, 1, 2, 4]],
    ["-acc", [1, 5, 3, 2, 4]],
    ["outputs.acc", [3, 5, 1, 2, 4]],
    ["loss", [2, 1, 5, 3, 4]],
    ["-loss", [5, 1, 2, 3, 4]],
    ["time", [3, 4, 5, 1, 2]],
    ["-id", [5, 4, 3, 2, 1]],
    ["name", [2, 1, 3, 4, 5]],
    ["lr", [null]],
  ])("by %s: the best first, those without a value last", (key, expected) => {
    expect(sorted(rows, key)).toEqual(expected);
  });

  test("by any values in one order, whatever order they were in", () => {
    const value = fc.oneof(
      fc.double(),
      fc.constantFrom("nan", "inf", "-inf", "10", "9", "x", "", null, true),
      fc.string(),
    );
    const values = fc.uniqueArray(value, { selector: (one) => JSON.stringify([one, typeof one]) });
    fc.assert(
      fc.property(
        values.chain((all) =>
          fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length })),
        ),
        ([all, mixed]) => {
          const order = (some: readonly unknown[]): number[] => {
            const made = some.map((acc) => aRow(all.indexOf(acc as never) + 1, { acc }));
            return sorted(made, "acc").map((number) => Number(number));
          };
          expect(new Set(order(mixed))).toEqual(new Set(order(all)));
          expect(order(order(all).map((number) => all[number - 1]))).toEqual(order(all));
        },
      ),
    );
  });
});

test("a column is named by its name, or by what it is where two have that; an input wins over the value of a sweep", () => {
  const change = { values: { lr: "0.1", n: "1" }, inputs: { lr: 0.5, acc: 7 } };
  const columns = columnsOf([aRow(1, { acc: 1 }, change)], ["acc"]);
  expect(columns.map(({ title }) => title)).toEqual(["lr", "n", "inputs.acc", "outputs.acc"]);
  expect(columnNamed(columns, "acc")?.kind).toBe("output");
  expect(columnNamed(columns, "inputs.acc")?.kind).toBe("input");
  for (const typed of ["lr", "matrix.lr", "inputs.lr"]) {
    const column = columnNamed(columns, typed);
    expect(column?.title).toBe("lr");
    expect(column && valueIn(aRow(1, {}, change), column)).toBe(0.5);
  }
  expect(columnNamed(columns, "outputs.lr")).toBeNull();
});
