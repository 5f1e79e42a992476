import { describe, expect, test } from "bun:test";
import { readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createNumbers, raiseNumbers, reserveNumbers } from "../../src/store/numbers.ts";
import { TempHome } from "../rig/temp-home.ts";
import { race } from "../rig/workers.ts";

describe("reserveNumbers()", () => {
  test("gives the next number, and reserves as many as were asked for", async () => {
    await using home = new TempHome();
    expect([1, 3, 1, 1].map((count) => reserveNumbers(home.layout, count))).toEqual([1, 2, 5, 6]);
    expect(home.files("numbers")).toEqual(["7"]);
  });

  test("never gives one number to two of eight processes", async () => {
    await using home = new TempHome();
    const given = (await race(
      home.layout.home,
      Array.from({ length: 8 }, () => ["reserve", "120"] as const),
    )) as number[][];
    const numbers = given.flatMap((firsts) =>
      firsts.flatMap((first, index) => Array.from({ length: (index % 3) + 1 }, (_, one) => first + one)),
    );
    expect(numbers).toHaveLength(8 * 240);
    expect(new Set(numbers).size).toBe(numbers.length);
    expect(Math.max(...numbers)).toBe(numbers.length);
    expect(home.files("numbers")).toEqual([String(numbers.length + 1)]);
    for (const own of given) expect(own.toSorted((left, right) => left - right)).toEqual(own);
  });

  test("throws where the folder holds no number", async () => {
    await using home = new TempHome();
    rmSync(join(home.layout.numbers, "1"));
    expect(() => reserveNumbers(home.layout, 1)).toThrow("holds no number");
  });
});

describe("createNumbers()", () => {
  test("starts at 1, and leaves an existing file alone", async () => {
    await using home = new TempHome();
    expect(home.files("numbers")).toEqual(["1"]);
    reserveNumbers(home.layout, 4);
    createNumbers(home.layout);
    expect(home.files("numbers")).toEqual(["5"]);
    expect(readdirSync(home.layout.tmp)).toEqual([]);
  });
});

describe("raiseNumbers()", () => {
  test.each([
    ["lifts the next number above the highest that is taken", 41, "42"],
    ["does nothing where it is above already", 3, "7"],
    ["lifts it where it is the one that is taken", 7, "8"],
    ["does nothing where it is the one after", 6, "7"],
  ])("%s", async (_what, above, next) => {
    await using home = new TempHome();
    renameSync(join(home.layout.numbers, "1"), join(home.layout.numbers, "7"));
    raiseNumbers(home.layout, above);
    expect(home.files("numbers")).toEqual([next]);
  });

  test("repairs a folder without a number, and a missing one", async () => {
    await using home = new TempHome();
    rmSync(join(home.layout.numbers, "1"));
    raiseNumbers(home.layout, 12);
    expect(home.files("numbers")).toEqual(["13"]);
    rmSync(home.layout.numbers, { recursive: true });
    raiseNumbers(home.layout, 12);
    expect(home.files("numbers")).toEqual(["13"]);
    expect(reserveNumbers(home.layout, 1)).toBe(13);
  });

  test("takes effect beside processes that reserve at the same time", async () => {
    await using home = new TempHome();
    const others = race(
      home.layout.home,
      Array.from({ length: 3 }, () => ["reserve", "400"] as const),
    );
    let isOver = false;
    void others.finally(() => {
      isOver = true;
    });
    for (let above = 1_000; !isOver; above += 1_000) {
      raiseNumbers(home.layout, above);
      expect(reserveNumbers(home.layout, 1)).toBeGreaterThan(above);
      await Bun.sleep(1);
    }
    expect(((await others) as number[][]).flat()).toHaveLength(1_200);
  });

  test("ignores what is no number", async () => {
    await using home = new TempHome();
    writeFileSync(join(home.layout.numbers, ".DS_Store"), "");
    raiseNumbers(home.layout, 4);
    expect(reserveNumbers(home.layout, 1)).toBe(5);
  });
});
