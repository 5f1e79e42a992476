import { describe, expect, test } from "bun:test";
import { moment } from "../../src/intake/moment.ts";
import { fromPlain } from "../../src/intake/value.ts";
import { inZone } from "../rig/surroundings.ts";

const at = (typed: string, now: string): string | null => {
  const read = moment(fromPlain(typed, "at"), { nowMs: Date.parse(now), home: "/h", defaultCwd: "/w" });
  return read.ok ? read.value : null;
};

describe("moment()", () => {
  test.each([
    ["2026-05-01T03:00:00Z", "2026-05-01T03:00:00.000Z"],
    ["2026-05-01T03:00:00.250Z", "2026-05-01T03:00:00.250Z"],
    ["2026-05-01t03:00:00+02:00", "2026-05-01T01:00:00.000Z"],
    ["2026-05-01 03:00 -0130", "2026-05-01T04:30:00.000Z"],
    ["2h", "2026-01-15T14:00:00.000Z"],
    ["now", "2026-01-15T12:00:00.000Z"],
    // Berlin is one hour ahead in winter, two in summer.
    ["13:30", "2026-01-15T12:30:00.000Z"],
    ["9:05:30", "2026-01-16T08:05:30.000Z"],
    ["13:00", "2026-01-16T12:00:00.000Z"],
    ["2026-07-01", "2026-06-30T22:00:00.000Z"],
    ["2026-07-01T03:00", "2026-07-01T01:00:00.000Z"],
    ["2028-02-29", "2028-02-28T23:00:00.000Z"],
  ])("%s", (typed, expected) => {
    expect(inZone("Europe/Berlin", () => at(typed, "2026-01-15T12:00:00Z"))).toBe(expected);
  });

  test("takes the next calendar day, also across a change of the clocks", () => {
    const noon = inZone("Europe/Berlin", () => at("12:00", "2026-03-28T12:00:00Z"));
    expect(noon).toBe("2026-03-29T10:00:00.000Z");
  });

  test.each([
    "2026-02-29",
    "2026-13-01",
    "2026-00-10",
    "2026-04-31",
    "2026-05-00",
    "24:00",
    "12:60",
    "2026-05-01T25:00",
    "12",
    "tomorrow",
    "",
    "2026-05-01T03:00:00+99:99",
  ])("refuses %j", (typed) => {
    expect(at(typed, "2026-01-15T12:00:00Z")).toBeNull();
  });
});
