import { expect, test } from "bun:test";
import { localStamp, localTime, relativeTime } from "../../src/lib/local-time.ts";

const NOON_MS = new Date(2026, 10, 30, 12, 0, 0).getTime();

test.each([
  [new Date(2026, 10, 30, 3, 10, 59), "03:10"],
  [new Date(2026, 10, 29, 23, 59, 0), "2026-11-29 23:59"],
  [new Date(2027, 0, 2, 0, 0, 0), "2027-01-02 00:00"],
])("localTime() is in the local zone, with a date where it is not today", (time, text) => {
  expect(localTime(time.toISOString(), NOON_MS)).toBe(text);
});

test.each([
  [-192_000, "3m 12s ago"],
  [0, "0ms ago"],
  [90_000, "in 1m 30s"],
])("relativeTime() tells the distance", (distanceMs, text) => {
  expect(relativeTime(NOON_MS + distanceMs, NOON_MS)).toBe(text);
});

test("localStamp() has the day and the second, in the local zone", () => {
  expect(localStamp(new Date(2026, 10, 30, 3, 10, 5, 999).getTime())).toBe("2026-11-30 03:10:05");
});
