import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { fillQueue } from "./queue.ts";
import { SCREENS } from "./screens.ts";
import { Stage } from "./stage.ts";

const stage = new Stage();
beforeAll(async () => {
  await fillQueue(stage);
});
afterAll(async () => {
  await stage[Symbol.asyncDispose]();
});

const TABLES = ["stats", "gpus", "jobs", "schedules ls"];

/** What no person is to read: values that code left as they are, and wrong plurals. */
const NOISE = /undefined|\bNaN\b|\bnull\b|\[object|\b1 (?:tasks|jobs|attempts|retries|GPUs)\b/;

describe.each(SCREENS)("%s", (line) => {
  test.each([60, 80, 120])("fits a terminal of %d columns", async (columns) => {
    const { out } = await stage.show(line.split(" "), { columns });
    expect(out).not.toMatch(NOISE);
    const wide = out.split("\n").filter((row) => Bun.stringWidth(row) > columns);
    // A terminal wraps sentences, and what a job wrote; the rows of a table are to stay in their columns.
    if (TABLES.includes(line)) expect(wide).toEqual([]);
  });

  test("is not cut in a pipe", async () => {
    const { out } = await stage.show(line.split(" "));
    expect(out).not.toMatch(NOISE);
    if (TABLES.includes(line)) expect(out).not.toContain("…");
  });
});
