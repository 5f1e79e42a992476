import { describe, expect, test } from "bun:test";
import { closest } from "../../src/lib/suggest.ts";
import { fc } from "../rig/fast-check.ts";

const KEYS = ["retries", "retry", "timeout", "command", "cwd", "env", "name", "priority"];

describe("closest()", () => {
  test.each([
    ["retires", "retries"],
    ["timout", "timeout"],
    ["TimeOut", "timeout"],
    ["comand", "command"],
    ["cdw", "cwd"],
    ["nane", "name"],
    ["prioritty", "priority"],
    ["retry", "retry"],
  ])("takes %j for %j", (typed, meant) => {
    expect(closest(typed, KEYS)).toBe(meant);
  });

  test.each(["gpu", "dwc_", "schedule", "x", "nmea_", "timer"])("has no guess for %j", (typed) => {
    expect(closest(typed, KEYS)).toBeNull();
  });

  test("has no guess for a text that is no word", () => {
    const text = "a".repeat(1_000_000);
    expect(closest(text, [`${text}b`, text])).toBeNull();
  });

  test("finds a long word again after two slips, the nearest of several", () => {
    expect(closest("maxatempst", ["maxOrphans", "maxAttempts", "maxBytes"])).toBe("maxAttempts");
    expect(closest("stop", ["step", "stop", "shop"])).toBe("stop");
  });

  test("gives a candidate back for itself, and never one of another length by far", () => {
    const word = fc.stringMatching(/^[a-z]{1,12}$/);
    fc.assert(
      fc.property(word, fc.array(word), (typed, others) => {
        expect(closest(typed, [...others, typed])).toBe(typed);
        const guess = closest(typed, others);
        if (guess !== null) expect(Math.abs(guess.length - typed.length)).toBeLessThanOrEqual(3);
      }),
    );
  });
});
