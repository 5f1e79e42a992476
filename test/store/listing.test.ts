import { heapStats } from "bun:jsc";
import { expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { wholeOf } from "../../src/lib/steps.ts";
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

test("ids are in order in each span, a number that two ids have included", async () => {
  await using home = new TempHome();
  const { layout } = home;
  const numbers = [...Array.from({ length: 1_000 }, (_, index) => 20_000 + index), 40_003, 40_001];
  const ids = [...numbers.map((number) => makeTaskId(number, "b")), makeTaskId(20_500, "a")];
  for (const id of ids) writeFileSync(layout.record("done", id), "");
  const { spans } = wholeOf(listing(layout, "done"));
  expect([...spans.values()].flat()).toEqual(ids.toSorted());
});

test("a listing of tasks far from each other takes room for them alone", async () => {
  await using home = new TempHome();
  const { layout } = home;
  for (let index = 1; index <= 2_000; index += 1)
    writeFileSync(layout.record("dead-letter", makeTaskId(index * 10_000, "rare")), "");
  const used = (): number => {
    Bun.gc(true);
    return heapStats().heapSize;
  };
  const before = used();
  const steps = listing(layout, "dead-letter");
  steps.next();
  steps.next();
  expect(used() - before).toBeLessThan(20_000_000);
  expect(wholeOf(steps).count).toBe(2_000);
});
