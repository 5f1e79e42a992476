import { describe, expect, test } from "bun:test";
import type { WorkWindow } from "../../src/model/work.ts";
import { describeWallTime, isWorkTime, nextWorkTime } from "../../src/plan/hours.ts";
import { fc } from "../rig/fast-check.ts";

const MINUTE_MS = 60_000;
const EVERY_DAY = [0, 1, 2, 3, 4, 5, 6];
const BERLIN = "Europe/Berlin";

const window = (days: number[], from: string, to: string): WorkWindow => {
  const minuteOf = (text: string): number => Number(text.slice(0, 2)) * 60 + Number(text.slice(3));
  const minutes = (minuteOf(to) - minuteOf(from) + 1_440) % 1_440 || 1_440;
  return { days, fromMinute: minuteOf(from), minutes };
};

/** The wall clock by another way than that of the code: the Swedish form is the one of ISO 8601. */
function wallClock(ms: number, timeZone: string): { day: number; minute: number } {
  const [date = "", time = ""] = new Date(ms).toLocaleString("sv-SE", { timeZone }).split(" ");
  const day = new Date(`${date}T00:00:00Z`).getUTCDay();
  return { day, minute: Number(time.slice(0, 2)) * 60 + Number(time.slice(3, 5)) };
}

/** Read as a person would: in the window of today, or in what reaches over from yesterday's. */
function isOpenByHand(hours: readonly WorkWindow[], ms: number, timeZone: string): boolean {
  const { day, minute } = wallClock(ms, timeZone);
  return hours.some(({ days, fromMinute, minutes }) => {
    const isToday = days.includes(day) && minute >= fromMinute && minute < fromMinute + minutes;
    const isYesterdays = days.includes((day + 6) % 7) && minute + 1_440 < fromMinute + minutes;
    return isToday || isYesterdays;
  });
}

const anyWindow: fc.Arbitrary<WorkWindow> = fc.record({
  days: fc.subarray(EVERY_DAY, { minLength: 1 }),
  fromMinute: fc.nat(1_439),
  minutes: fc.integer({ min: 1, max: 1_440 }),
});
/** Days around the changes of the clock in zones that have them at other hours, by other amounts, or not at all. */
const anyMoment = fc
  .tuple(
    fc.constantFrom("2026-03-29", "2026-10-25", "2026-04-05", "2026-10-04", "2026-03-08", "2026-06-15"),
    fc.integer({ min: -2 * 1_440, max: 2 * 1_440 }),
    fc.nat(59_999),
  )
  .map(([day, minutes, ms]) => Date.parse(day) + minutes * MINUTE_MS + ms);
const anyZone = fc.constantFrom(BERLIN, "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "UTC");

describe("isWorkTime()", () => {
  test("follows the wall clock through changes of the clocks", () => {
    fc.assert(
      fc.property(
        fc.array(anyWindow, { minLength: 1, maxLength: 3 }),
        anyMoment,
        anyZone,
        (hours, ms, timeZone) => {
          expect(isWorkTime({ hours, timeZone }, ms)).toBe(isOpenByHand(hours, ms, timeZone));
        },
      ),
    );
  });

  test("is true without hours", () => {
    expect(isWorkTime({ hours: [], timeZone: null }, 0)).toBeTrue();
  });
});

describe("nextWorkTime()", () => {
  test("is the first minute within the hours, as a scan by minutes finds it", () => {
    fc.assert(
      fc.property(
        fc.array(anyWindow, { minLength: 1, maxLength: 2 }),
        anyMoment,
        anyZone,
        (hours, ms, timeZone) => {
          const rules = { hours, timeZone };
          if (isWorkTime(rules, ms)) return;
          const found = nextWorkTime(rules, ms) ?? Number.NaN;
          expect(found).toBeGreaterThan(ms);
          expect(isOpenByHand(hours, found, timeZone)).toBeTrue();
          expect(isOpenByHand(hours, found - MINUTE_MS, timeZone)).toBeFalse();
          // Nothing before it is open: 7 minutes are no divisor of an hour, and one look at each stretch is cheap.
          for (let at = ms; at < found; at += 7 * MINUTE_MS) expect(isWorkTime(rules, at)).toBeFalse();
        },
      ),
      { numRuns: 60 },
    );
  });

  test.each([
    ["tonight", [window(EVERY_DAY, "22:00", "07:00")], "2026-06-15T12:00:00Z", "2026-06-15T20:00:00Z"],
    ["at the weekend", [window([0, 6], "00:00", "00:00")], "2026-06-15T12:00:00Z", "2026-06-19T22:00:00Z"],
    [
      "a beginning that the spring leaves out is the change",
      [window([0], "02:30", "05:00")],
      "2026-03-29T00:10:00Z",
      "2026-03-29T01:00:00Z",
    ],
    [
      "a window that the spring leaves out comes a week later",
      [window([0], "02:10", "02:40")],
      "2026-03-29T00:10:00Z",
      "2026-04-05T00:10:00Z",
    ],
    [
      "an hour that comes twice opens twice",
      [window([0], "02:10", "02:40")],
      "2026-10-25T00:50:00Z",
      "2026-10-25T01:10:00Z",
    ],
    [
      "the day after the change",
      [window([1], "01:00", "02:00")],
      "2026-10-25T00:50:00Z",
      "2026-10-26T00:00:00Z",
    ],
  ])("%s", (_, hours, from, expected) => {
    const found = nextWorkTime({ hours, timeZone: BERLIN }, Date.parse(from));
    expect(found === null ? null : new Date(found).toISOString()).toBe(new Date(expected).toISOString());
  });
});

describe("wallTime()", () => {
  test("names the day if it is more than a day away", () => {
    const nowMs = Date.parse("2026-06-15T12:00:00Z");
    const at = (iso: string): string => describeWallTime(Date.parse(iso), { nowMs, timeZone: BERLIN });
    expect([at("2026-06-15T20:05:00Z"), at("2026-06-16T10:00:00Z"), at("2026-06-19T22:00:00Z")]).toEqual([
      "22:05",
      "12:00",
      "Sat 00:00",
    ]);
  });
});
