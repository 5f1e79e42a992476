import { expect, test } from "bun:test";
import { counted } from "../../src/lib/counted.ts";

test("a count has its noun in the singular for one alone", () => {
  expect([0, 1, 2].map((count) => counted(count, "task"))).toEqual(["0 tasks", "1 task", "2 tasks"]);
  expect(counted(2, "process", "processes")).toBe("2 processes");
});
