import { describe, expect, test } from "bun:test";
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { makeTaskId, numberOf, type TaskId } from "../../src/model/identity.ts";
import { Finder, isLong } from "../../src/store/finder.ts";
import type { Layout } from "../../src/store/layout.ts";
import { forgetNames, noteNames, spanOf } from "../../src/store/names.ts";
import { SHAPES } from "../crash/hostile.ts";
import { aTask, taskIn } from "../rig/tasks.ts";
import { TempHome } from "../rig/temp-home.ts";

const MANY = 5_000;
const idOf = (number: number): TaskId => makeTaskId(number, "t");

/** A home with so many ended tasks that a listing would be slow; none of their names is indexed. */
function fill(layout: Layout): void {
  for (let number = 1; number <= MANY; number += 1) writeFileSync(layout.record("done", idOf(number)), "{}");
}

/** The names with which a number is noted, whether or not they are right. */
function noted(layout: Layout, number: number): string[] {
  const path = layout.names(number - (number % 1_000));
  return existsSync(path)
    ? readFileSync(path, "utf8")
        .split("\n")
        .filter((id) => Number.parseInt(id, 10) === number)
    : [];
}

describe("a Finder in a long home", () => {
  test("finds an indexed task without a listing, and lists once to index another", async () => {
    await using home = new TempHome();
    const { layout } = home;
    fill(layout);
    expect(isLong(layout)).toBeTrue();
    home.put(taskIn("completed", { number: 9_000 }));
    noteNames(layout, [idOf(3)]);
    // A listing would find it.
    writeFileSync(layout.record("pending", makeTaskId(3, "copy")), "{}");
    expect(new Finder(layout).byNumber(3)).toEqual([idOf(3)]);
    expect(noted(layout, 9_000)).toEqual([]);
    expect(new Finder(layout).byNumber(9_000)).toEqual([taskIn("completed", { number: 9_000 }).metadata.id]);
    expect(noted(layout, 9_000)).toHaveLength(1);
    expect(noted(layout, MANY)).toEqual([idOf(MANY)]);
    expect(new Finder(layout).byNumber(3)).toEqual([makeTaskId(3, "copy"), idOf(3)]);
  });

  test("treats the index as a hint", async () => {
    await using home = new TempHome();
    const { layout } = home;
    fill(layout);
    noteNames(layout, [makeTaskId(7, "gone"), makeTaskId(MANY + 1, "gone")]);
    expect(new Finder(layout).byNumber(7)).toEqual([idOf(7)]);
    expect(new Finder(layout).byNumber(MANY + 1)).toEqual([]);
    renameSync(layout.record("done", idOf(8)), layout.record("dead-letter", idOf(8)));
    expect(new Finder(layout).byNumber(8)).toEqual([idOf(8)]);
    rmSync(layout.record("dead-letter", idOf(8)));
    expect(new Finder(layout).byNumber(8)).toEqual([]);
  });

  test("finds all tasks of a range, indexed or not", async () => {
    await using home = new TempHome();
    const { layout } = home;
    fill(layout);
    noteNames(layout, [10, 11, 12, 14].map(idOf));
    expect(new Finder(layout).inRange(10, 12).map(numberOf)).toEqual([10, 11, 12]);
    expect(noted(layout, 13)).toEqual([]);
    expect(new Finder(layout).inRange(10, 14).map(numberOf)).toEqual([10, 11, 12, 13, 14]);
    rmSync(layout.record("done", idOf(12)));
    expect(new Finder(layout).inRange(10, 14).map(numberOf)).toEqual([10, 11, 13, 14]);
  });

  test("tolerates anything in the place of the index", async () => {
    await using home = new TempHome();
    const { layout } = home;
    fill(layout);
    new Finder(layout).byNumber(5);
    const good = readFileSync(layout.names(0), "utf8");
    for (const [shape, spoil] of Object.entries(SHAPES)) {
      spoil(layout.names(0), good);
      expect([shape, new Finder(layout).byNumber(5)]).toEqual([shape, [idOf(5)]]);
      noteNames(layout, [aTask({ number: 6 }).metadata.id]);
      rmSync(layout.names(0), { recursive: true, force: true });
    }
    rmSync(layout.index, { recursive: true });
    writeFileSync(layout.index, "mine");
    noteNames(layout, [idOf(5)]);
    expect(new Finder(layout).byNumber(5)).toEqual([idOf(5)]);
    expect(readFileSync(layout.index, "utf8")).toBe("mine");
  });
});

test("a small home is listed, so that each copy of a number is found", async () => {
  await using home = new TempHome();
  const { layout } = home;
  noteNames(layout, [idOf(3)]);
  for (const name of ["t", "copy"]) writeFileSync(layout.record("done", makeTaskId(3, name)), "{}");
  expect(new Finder(layout).byNumber(3)).toEqual([makeTaskId(3, "copy"), idOf(3)]);
});

test("the index drops numbers that were cleaned up, and keeps later ones", async () => {
  await using home = new TempHome();
  const { layout } = home;
  noteNames(layout, [1, 1_001, 2_001, 3_001].map(idOf));
  forgetNames(layout, new Set([idOf(1_005), idOf(2_999)].map(spanOf)));
  expect([0, 1_000, 2_000, 3_000].map((span) => existsSync(layout.names(span)))).toEqual([
    false,
    true,
    true,
    true,
  ]);
  rmSync(dirname(layout.names(0)), { recursive: true });
  forgetNames(layout, new Set());
  mkdirSync(layout.index, { recursive: true });
});
