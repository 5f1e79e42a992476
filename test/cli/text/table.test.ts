import { describe, expect, test } from "bun:test";
import { renderTable } from "../../../src/cli/text/table.ts";

const ROWS = [
  ["ID", "NAME", "STATE", "REASON"],
  [
    "1",
    "a-very-long-name-of-45-letters-for-this-task-x",
    "failed",
    "exit 1: ValueError: x must be positive, and -1 is not",
  ],
  [
    "12",
    "漢字漢字漢字漢字漢字漢字漢字漢字漢字",
    "queued",
    "漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字",
  ],
  ["3", "b", "running", ""],
];
const widthsOf = (text: string): number[] =>
  text
    .trimEnd()
    .split("\n")
    .map((line) => Bun.stringWidth(line));

describe("a table with a column that shrinks", () => {
  test("shortens it in the middle, and then cuts the last one", () => {
    expect(renderTable(ROWS, { columns: 60, shrinks: 1 })).toBe(`ID  NAME                STATE    REASON
1   a-very-lo…s-task-x  failed   exit 1: ValueError: x must…
12  漢字漢字…漢字漢字   queued   漢字漢字漢字漢字漢字漢字漢…
3   b                   running
`);
  });

  test("makes the last one no smaller than it has to be", () => {
    const short = ROWS.map(([id, name, state]) => [id ?? "", name ?? "", state ?? "", "held"]);
    const [, line] = renderTable(short, { columns: 60, shrinks: 1 }).split("\n");
    expect(line).toBe("1   a-very-long-name-of-…ters-for-this-task-x  failed   held");
  });

  test.each([1, 9, 20, 33, 40, 59, 60, 80, 120])("has no line that is wider than %d columns", (columns) => {
    const painted = ROWS.map((row) =>
      row.map((text) => ({ text, paint: (shown: string) => `\u001b[1m${shown}\u001b[0m` })),
    );
    for (const rows of [ROWS, painted])
      expect(Math.max(...widthsOf(renderTable(rows, { columns, shrinks: 1 })))).toBeLessThanOrEqual(columns);
  });

  test("is whole where the width has no limit", () => {
    const text = renderTable(ROWS, { columns: Number.POSITIVE_INFINITY, shrinks: 1 });
    for (const cell of ROWS.flat()) expect(text).toContain(cell);
  });
});

test("a table without such a column cuts the last one, and wraps where that would be unreadable", () => {
  const endAt = (columns: number): string => renderTable(ROWS.slice(1, 2), { columns }).trimEnd().slice(-12);
  expect(endAt(80)).toBe("alueError: …");
  expect(endAt(70)).toBe("nd -1 is not");
});
