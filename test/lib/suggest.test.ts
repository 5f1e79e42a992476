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
  ])("suggests %j for %j", (typed, meant) => {
    expect(closest(typed, KEYS)).toBe(meant);
  });

  test.each(["gpu", "dwc_", "schedule", "x", "nmea_", "timer"])("suggests nothing for %j", (typed) => {
    expect(closest(typed, KEYS)).toBeNull();
  });

  test("suggests nothing for a text that is not a word", () => {
    const text = "a".repeat(1_000_000);
    expect(closest(text, [`${text}b`, text])).toBeNull();
  });

  test("finds a long word after two typos, the nearest of several", () => {
    expect(closest("maxatempst", ["maxOrphans", "maxAttempts", "maxBytes"])).toBe("maxAttempts");
    expect(closest("stop", ["step", "stop", "shop"])).toBe("stop");
  });

  test("suggests a candidate for itself, and none of a very different length", () => {
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
