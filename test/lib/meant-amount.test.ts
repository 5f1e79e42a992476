import { describe, expect, test } from "bun:test";
import { parseBytes } from "../../src/lib/bytes.ts";
import { parseDuration } from "../../src/lib/duration.ts";
import { isEndless, meantDuration, meantSize, sizeWithUnit } from "../../src/lib/meant-amount.ts";
import { fc } from "../rig/fast-check.ts";

const MINUTE = 60_000;

describe("meantDuration()", () => {
  test.each([
    ["2h 30m", "2h30m", 150],
    ["1 hour and 5 minutes", "1h5m", 65],
    ["90 SECS", "90s", 1.5],
    ["1.5 hours", "1.5h", 90],
    ["3 wks", "21d", 3 * 7 * 24 * 60],
    ["1h30", "1h30m", 90],
    [".5h", "0.5h", 30],
    ["5m;", "5m", 5],
    ["1:30", "1m30s", 1.5],
    ["02:00:00", "2h", 120],
    ["1-6", "1d6h", 30 * 60],
    ["1-00:30", "1d30m", 24 * 60 + 30],
    ["P1DT2H", "1d2h", 26 * 60],
  ])("%s is %s", (typed, text, minutes) => {
    expect(meantDuration(typed)?.text).toBe(text);
    expect(parseDuration(text)).toBe(minutes * MINUTE);
  });

  test.each(["", "soon", "5 apples", "1:2:3:4", "0:00", "P", "PT", "-5", "5", "m5", "5 m 3", "1h 5 apples"])(
    "%j is nothing",
    (typed) => {
      expect(meantDuration(typed)).toBeNull();
    },
  );

  test("says both readings of two numbers", () => {
    expect(meantDuration("1:30")?.hint).toBe(
      "write 1m30s for minutes and seconds, or 1h30m for hours and minutes",
    );
  });

  test("writes what is a duration, whatever the text", () => {
    const parts = fc.array(
      fc.constantFrom("1", "30", ":", "-", " ", "h", "min", "days", ".", "PT", "H", ",", "and"),
      {
        maxLength: 8,
      },
    );
    fc.assert(
      fc.property(parts, (words) => {
        const meant = meantDuration(words.join(""));
        expect(meant === null || parseDuration(meant.text) !== null).toBeTrue();
      }),
    );
  });
});

describe("meantSize()", () => {
  test.each([
    ["8Gi", "8GiB"],
    ["8 gigabytes", "8GB"],
    ["7,5GB", "7.5GB"],
    ["512 Mi;", "512MiB"],
    ["2 gigs", "2GB"],
    ["100 bytes", "100B"],
  ])("%s is %s", (typed, text) => {
    expect(meantSize(typed)?.text).toBe(text);
    expect(parseBytes(text)).not.toBeNull();
  });

  test.each(["", "lots", "8 apples", "GB", "40%"])("%j is nothing", (typed) => {
    expect(meantSize(typed)).toBeNull();
  });

  test("a number alone gets the unit of people", () => {
    expect(["8", "4000", "8000000000"].map(sizeWithUnit)).toEqual(["8GB", "4000MB", "8000000000B"]);
  });
});

test("words for no limit are known", () => {
  expect(["INFINITE", "unlimited", "-1", "5m"].map(isEndless)).toEqual([true, true, true, false]);
});
