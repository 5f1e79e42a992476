import { asNumber } from "./as-number.ts";
import { type Column, cellText, compared, valueIn } from "./columns.ts";
import type { ResultRow } from "./row.ts";

/** The values of one output in some rows. */
export interface Summary {
  /** How many rows have a number there, NaN and infinities not included. */
  readonly n: number;
  readonly mean: number;
  /** The standard deviation of the sample; null of a single value. */
  readonly sd: number | null;
  readonly min: number;
  readonly max: number;
  /** How many of them were filled: no job gave them as an output. */
  readonly filled: number;
}

/** The rows that have the same values in some columns. */
export interface ResultGroup {
  /** These values, in the order of the columns. */
  readonly key: readonly string[];
  readonly rows: number;
  /** Only completed ones count below. */
  readonly completed: number;
  /** By name, of outputs that are numbers in some row; absent for one without any here. */
  readonly outputs: Readonly<Record<string, Summary>>;
  readonly meanMs: number | null;
}

/** The groups of some rows, in the order of their keys. */
export function groupsOf(
  rows: readonly ResultRow[],
  by: readonly Column[],
  outputs: readonly string[],
): ResultGroup[] {
  const keyOf = (row: ResultRow): string[] => by.map((column) => cellText(valueIn(row, column)));
  const grouped = Map.groupBy(rows, (row) => JSON.stringify(keyOf(row)));
  return [...grouped.values()]
    .flatMap((members) => {
      const [first] = members;
      return first === undefined ? [] : [groupOf(members, keyOf(first), outputs)];
    })
    .toSorted((left, right) => comparedKeys(left.key, right.key));
}

function groupOf(rows: readonly ResultRow[], key: readonly string[], names: readonly string[]): ResultGroup {
  const completed = rows.filter(({ state }) => state === "completed");
  const summaries = names.flatMap((name) => {
    const values = completed.flatMap(({ outputs }) => {
      const output = Object.hasOwn(outputs, name) ? outputs[name] : undefined;
      const number = asNumber(output?.value);
      return number === null || !Number.isFinite(number)
        ? []
        : [{ number, isFilled: output?.source !== "output" }];
    });
    const spread = spreadOfNumbers(values.map(({ number }) => number));
    const filled = values.filter(({ isFilled }) => isFilled).length;
    return spread === null ? [] : [[name, { ...spread, filled }] as const];
  });
  const times = completed.flatMap(({ ranMs }) => (ranMs === null ? [] : [ranMs]));
  return {
    key,
    rows: rows.length,
    completed: completed.length,
    outputs: Object.fromEntries(summaries),
    meanMs: times.length === 0 ? null : Math.round(meanOf(times)),
  };
}

/** Null of no numbers. */
function spreadOfNumbers(numbers: readonly number[]): Omit<Summary, "filled"> | null {
  if (numbers.length === 0) return null;
  const mean = meanOf(numbers);
  const squares = numbers.reduce((total, one) => total + (one - mean) ** 2, 0);
  return {
    n: numbers.length,
    mean,
    sd: numbers.length === 1 ? null : Math.sqrt(squares / (numbers.length - 1)),
    min: numbers.reduce((least, one) => Math.min(least, one)),
    max: numbers.reduce((most, one) => Math.max(most, one)),
  };
}

/** In a second pass the rounding of the first is made up for. */
function meanOf(numbers: readonly number[]): number {
  const rough = numbers.reduce((total, one) => total + one / numbers.length, 0);
  return rough + numbers.reduce((total, one) => total + (one - rough) / numbers.length, 0);
}

function comparedKeys(left: readonly string[], right: readonly string[]): number {
  for (const [index, value] of left.entries()) {
    const order = compared(value, right[index], false);
    if (order !== 0) return order;
  }
  return 0;
}

/** The groups in the order of the mean of an output; those without it come last. */
export function sortedGroups(
  groups: readonly ResultGroup[],
  output: string,
  isDescending: boolean,
): ResultGroup[] {
  return groups.toSorted((left, right) =>
    compared(left.outputs[output]?.mean, right.outputs[output]?.mean, isDescending),
  );
}
