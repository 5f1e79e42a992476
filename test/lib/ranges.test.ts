import { expect, test } from "bun:test";
import { rangesOf } from "../../src/lib/ranges.ts";

test("neighbours among numbers are one range, whatever their order", () => {
  expect(rangesOf([7, 3, 4, 12, 5, 4])).toEqual(["3-5", "7", "12"]);
  expect(rangesOf([])).toEqual([]);
});
