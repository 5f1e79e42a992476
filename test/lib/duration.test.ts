import { describe, expect, test } from "bun:test";
import { formatDuration, parseDuration, typedDuration } from "../../src/lib/duration.ts";
import { fc } from "../rig/fast-check.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

describe("parseDuration()", () => {
  test.each([
    ["250ms", 250],
    ["90s", 90_000],
    ["15m", 15 * MINUTE],
    ["1h30m", 1.5 * HOUR],
    ["1.5h", 1.5 * HOUR],
    ["2d", 2 * DAY],
    ["1d2h3m4s5ms", DAY + 2 * HOUR + 3 * MINUTE + 4_005],
    [" 5s ", 5_000],
    ["0s", 0],
    ["0.4ms", 0],
    ["10000d", 10_000 * DAY],
  ])("reads %j", (text, ms) => {
    expect(parseDuration(text)).toBe(ms);
  });

  test.each([
    "90",
    "0",
    "1.5",
    "",
    " ",
    "s",
    "-5s",
    "+5s",
    "5 s",
    "1h 30m",
    "5S",
    "5sec",
    "5.s",
    ".5s",
    "1e3s",
    "1w",
    "10001d",
    "PT5S",
    "5s,",
  ])("refuses %j", (text) => {
    expect(parseDuration(text)).toBeNull();
  });
});

describe("formatDuration()", () => {
  test.each([
    [0, "0ms"],
    [40, "40ms"],
    [999, "999ms"],
    [1_000, "1s"],
    [2_500, "2.5s"],
    [9_999, "9.9s"],
    [59_999, "59s"],
    [MINUTE, "1m"],
    [90_000, "1m 30s"],
    [1.5 * HOUR, "1h 30m"],
    [HOUR + 5_000, "1h"],
    [DAY, "1d"],
    [2 * DAY + 3 * HOUR + MINUTE, "2d 3h"],
    [-5, "0ms"],
  ])("writes %d", (ms, text) => {
    expect(formatDuration(ms)).toBe(text);
    expect(typedDuration(ms)).toBe(text.replace(" ", ""));
  });

  test("is read back exactly where two neighbouring units suffice", () => {
    const exact = fc.oneof(
      fc.integer({ min: 0, max: 999 }),
      fc.integer({ min: 10, max: 99 }).map((tenths) => tenths * 100),
      fc.integer({ min: 10, max: 3_599 }).map((seconds) => seconds * 1_000),
      fc.integer({ min: 60, max: 1_439 }).map((minutes) => minutes * MINUTE),
      fc.integer({ min: 24, max: 9_999 * 24 }).map((hours) => hours * HOUR),
    );
    fc.assert(fc.property(exact, (ms) => expect(parseDuration(typedDuration(ms))).toBe(ms)));
  });

  test("never writes more than the duration, nor less than half of it", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 9_999 * DAY }), (ms) => {
        const read = parseDuration(typedDuration(ms)) ?? Number.NaN;
        expect(read).toBeLessThanOrEqual(ms);
        expect(read).toBeGreaterThan(ms / 2);
      }),
    );
  });
});
