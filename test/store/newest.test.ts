import { describe, expect, test } from "bun:test";
import {
  existsSync,
  lstatSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { numberOf } from "../../src/model/identity.ts";
import type { Layout } from "../../src/store/layout.ts";
import { newestIds } from "../../src/store/newest.ts";
import { idsIn } from "../../src/store/reader.ts";
import { SHAPES } from "../crash/hostile.ts";
import { fc } from "../rig/fast-check.ts";
import { after, aTask, exited } from "../rig/tasks.ts";
import { TempHome } from "../rig/temp-home.ts";

const PLACES = ["done", "dead-letter"] as const;
/** As if some time had passed since the last change. */
const LATER_MS = 60_000;
/** Longer than any kernel's tick: what changes after it has another time. */
const TICK_MS = 25;
const MANY = 2_100;

const nameOf = (number: number): string => `${String(number).padStart(6, "0")}-t.json`;

function put(layout: Layout, place: (typeof PLACES)[number], number: number): void {
  writeFileSync(join(layout.place(place), nameOf(number)), "");
}

/** A home with many ended tasks, the last of them of the number 2,100. */
function filled(home: TempHome): void {
  for (let number = 1; number <= MANY; number += 1) put(home.layout, "done", number);
}

function newest(layout: Layout, { count = 10, nowMs = Date.now() + LATER_MS } = {}): number[] {
  return newestIds(layout, PLACES, nowMs).take(count).map(numberOf).toArray();
}

/** What it ought to say. */
function listed(layout: Layout, count: number): number[] {
  const numbers = PLACES.flatMap((place) => idsIn(layout, place)).map(numberOf);
  return numbers.toSorted((left, right) => right - left).slice(0, count);
}

/** Puts another name into what was kept, under the same stamp. */
function forge(layout: Layout): void {
  const kept = readFileSync(layout.newest, "utf8");
  writeFileSync(layout.newest, kept.replace(nameOf(MANY), nameOf(9_999)));
}

describe("newestIds()", () => {
  test("lists ids from the highest number down, over several folders, and skips what is no record", async () => {
    await using home = new TempHome();
    for (const number of [2, 11, 1_000_000]) home.put(after(aTask({ number }), exited(0)));
    home.put(after(aTask({ number: 7 }), exited(3)));
    writeFileSync(join(home.layout.place("done"), "000012 notes.txt"), "");
    writeFileSync(join(home.layout.place("done"), "README"), "");
    expect(newest(home.layout)).toEqual([1_000_000, 11, 7, 2]);
    expect(existsSync(home.layout.newest)).toBeFalse();
  });

  test("lists each of many once, in order, also those of one number", async () => {
    await using home = new TempHome();
    const numbers = Array.from({ length: 450 }, (_, index) => (index * 7) % 400);
    for (const [index, number] of numbers.entries())
      writeFileSync(
        join(
          home.layout.place(index % 3 === 0 ? "dead-letter" : "done"),
          `${String(number).padStart(6, "0")}-t${index}.json`,
        ),
        "",
      );
    const found = [...newestIds(home.layout, PLACES, Date.now())];
    expect(new Set(found).size).toBe(found.length);
    expect(found.map(numberOf)).toEqual(found.map(numberOf).toSorted((left, right) => right - left));
    expect(found.length).toBe(
      new Set([...idsIn(home.layout, "done"), ...idsIn(home.layout, "dead-letter")]).size,
    );
  });

  test("reads a large folder once while it is unchanged, and completely for a longer list", async () => {
    await using home = new TempHome();
    const { layout } = home;
    filled(home);
    expect(newest(layout)).toEqual(listed(layout, 10));
    forge(layout);
    expect(newest(layout)).toEqual([9_999, ...listed(layout, 10).slice(1)]);
    expect(newest(layout, { count: 99_999 })).toEqual([9_999, ...listed(layout, 99_999).slice(1)]);
    Bun.sleepSync(TICK_MS);
    renameSync(join(layout.place("done"), nameOf(5)), join(layout.place("done"), nameOf(8_000)));
    expect(newest(layout)).toEqual(listed(layout, 10));
  });

  test("caches nothing of a folder that changed just now, or before another boot", async () => {
    await using home = new TempHome();
    const { layout } = home;
    filled(home);
    newest(layout, { nowMs: Date.now() });
    expect(existsSync(layout.newest)).toBeFalse();
    // A clock that was set back.
    newest(layout, { nowMs: Date.now() - LATER_MS });
    expect(existsSync(layout.newest)).toBeFalse();
    newest(layout);
    forge(layout);
    writeFileSync(layout.newest, readFileSync(layout.newest, "utf8").replace(/"bootId":"/, "$&x"));
    expect(newest(layout)).toEqual(listed(layout, 10));
  });

  test("gives the same result with the cache as without", async () => {
    await using home = new TempHome();
    const { layout } = home;
    filled(home);
    const number = fc.oneof(
      fc.integer({ min: 1, max: MANY }),
      fc.integer({ min: MANY - 120, max: MANY + 50 }),
    );
    const type = fc.constantFrom("put", "put", "remove", "remove", "move", "move", "replace", "nothing");
    const change = fc.record({ type, place: fc.constantFrom(...PLACES), number });
    fc.assert(
      fc.property(
        fc.array(fc.tuple(change, fc.constantFrom(5, 100, 101, 99_999)), { maxLength: 5 }),
        (steps) => {
          for (const [step, count] of steps) {
            Bun.sleepSync(TICK_MS);
            apply(layout, step);
            Bun.sleepSync(TICK_MS);
            expect(newest(layout, { count })).toEqual(listed(layout, count));
          }
        },
      ),
      { numRuns: 12 },
    );
  });
});

interface Step {
  readonly type: "put" | "remove" | "move" | "replace" | "nothing";
  readonly place: (typeof PLACES)[number];
  readonly number: number;
}

/** Changes what is in the folders; of one number there is one task. */
function apply(layout: Layout, step: Step): void {
  if (step.type === "nothing") return;
  if (step.type === "replace") {
    // As one does who restores a home: another folder with the same names.
    const copy = mkdtempSync(join(layout.home, "copy-"));
    for (const name of readdirSync(layout.place("done")).slice(1)) writeFileSync(join(copy, name), "");
    rmSync(layout.place("done"), { recursive: true });
    renameSync(copy, layout.place("done"));
    return;
  }
  const name = nameOf(step.number);
  const from = PLACES.find((place) => existsSync(join(layout.place(place), name)));
  if (step.type === "put" && from === undefined) put(layout, step.place, step.number);
  if (step.type === "remove" && from !== undefined) rmSync(join(layout.place(from), name));
  if (step.type === "move" && from !== undefined)
    renameSync(join(layout.place(from), name), join(layout.place(step.place), name));
}

describe("the cache of a listing", () => {
  test("can be corrupt in any way without effect", async () => {
    await using home = new TempHome();
    const { layout } = home;
    filled(home);
    newest(layout);
    const good = readFileSync(layout.newest, "utf8");
    for (const [shape, spoil] of Object.entries(SHAPES)) {
      spoil(layout.newest, good);
      const isFolder = lstatSync(layout.newest).isDirectory();
      expect([shape, newest(layout)]).toEqual([shape, listed(layout, 10)]);
      expect([shape, lstatSync(layout.newest).isDirectory()]).toEqual([shape, isFolder]);
      expect(readdirSync(layout.tmp)).toEqual([]);
      expect(newest(layout)).toEqual(listed(layout, 10));
    }
  });

  test("is optional where nothing can be written", async () => {
    await using home = new TempHome();
    filled(home);
    rmSync(home.layout.tmp, { recursive: true });
    expect(newest(home.layout)).toEqual(listed(home.layout, 10));
  });
});
