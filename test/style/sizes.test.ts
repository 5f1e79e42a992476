import { expect, test } from "bun:test";
import { lineCount, sourcesIn } from "./sources.ts";

/** What fits into a head; functions are held to 70 lines by the linter. */
const MAX_LINES = 300;
const MAX_MEDIAN = 90;

test("no file is longer than 300 lines", () => {
  const long = sourcesIn("src", "test", ".config").filter((source) => lineCount(source) > MAX_LINES);
  expect(long.map((source) => `${source.path}: ${lineCount(source)} lines`)).toEqual([]);
});

test("half of the files in src have 90 lines or less", () => {
  const counts = sourcesIn("src")
    .map(lineCount)
    .toSorted((a, b) => a - b);
  expect(counts.length).toBeGreaterThan(0);
  expect(counts[Math.floor(counts.length / 2)]).toBeLessThanOrEqual(MAX_MEDIAN);
});
