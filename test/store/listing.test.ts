import { expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { makeTaskId } from "../../src/model/identity.ts";
import { listing } from "../../src/store/listing.ts";
import { TempHome } from "../rig/temp-home.ts";

test("listing() is left in between, and puts numbers in a row together", async () => {
  await using home = new TempHome();
  const { layout } = home;
  const ids = Array.from({ length: 3_000 }, (_, index) => makeTaskId(8_500 + index, "old"));
  for (const id of [...ids, makeTaskId(2_000_000, "old")]) writeFileSync(layout.record("done", id), "");
  writeFileSync(join(layout.place("done"), "notes.txt"), "");
  const steps = listing(layout, "done");
  let count = 0;
  let next = steps.next();
  for (; next.done !== true; next = steps.next()) count += 1;
  expect(count).toBeGreaterThan(1);
  const { count: all, spans, others } = next.value;
  expect([all, others]).toEqual([3_001, ["notes.txt"]]);
  expect([...spans].map(([first, members]) => [first, members.length])).toEqual([
    [0, 1_500],
    [10_000, 1_500],
    [2_000_000, 1],
  ]);
});
