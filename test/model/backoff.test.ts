import { describe, expect, test } from "bun:test";
import { type Backoff, backoff, DEFAULT_BACKOFF, delayOf, JITTERS } from "../../src/model/backoff.ts";
import { check } from "../../src/model/check.ts";
import { anyBackoff } from "../rig/arbitraries.ts";
import { fc } from "../rig/fast-check.ts";

const policy = (jitter: Backoff["jitter"]): Backoff => ({ firstMs: 1_000, maxMs: 30_000, factor: 2, jitter });
const BASES = [1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000];

/** The draws at both ends, and some between. */
const DRAWS = [0, 0.25, 0.5, 0.999_999, 1 - 2 ** -53];
const anyDraw = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
const anyIndex = fc.oneof(fc.nat(12), fc.nat(1_000_000));

describe("delayOf()", () => {
  test("waits 1, 2, 4, 8, 16, 30, 30 s without jitter, whatever the draw", () => {
    for (const draw of DRAWS) {
      const delays = BASES.map((_, index) => delayOf(policy("none"), index, () => draw));
      expect(delays).toEqual(BASES.map((base) => ({ baseMs: base, delayMs: base })));
    }
  });

  const bounds = {
    full: (base: number) => [1, base],
    equal: (base: number) => [base / 2, base],
    decorrelated: (base: number) => [1_000, Math.min(3 * base, 30_000)],
  } as const;

  test.each(["full", "equal", "decorrelated"] as const)(
    "keeps %s jitter within its bounds and uses all of them",
    (jitter) => {
      for (const [index, base] of BASES.entries()) {
        const delays = DRAWS.map((draw) => delayOf(policy(jitter), index, () => draw).delayMs);
        const [least = 0, most = 0] = bounds[jitter](base);
        expect(Math.min(...delays)).toBe(least);
        expect(Math.max(...delays)).toBe(most);
      }
    },
  );

  test("depends on the number of the retry alone, also with decorrelated jitter", () => {
    const draw = (): number => 0.5;
    const third = delayOf(policy("decorrelated"), 2, draw);
    delayOf(policy("decorrelated"), 6, draw);
    expect(delayOf(policy("decorrelated"), 2, draw)).toEqual(third);
  });

  test("stays within the policy for every policy, retry and draw: at least 1 ms, whole, never over the maximum", () => {
    fc.assert(
      fc.property(anyBackoff, anyIndex, anyDraw, (chosen, index, draw) => {
        const { baseMs, delayMs } = delayOf(chosen, index, () => draw);
        expect(Number.isSafeInteger(delayMs) && Number.isSafeInteger(baseMs)).toBeTrue();
        expect(delayMs).toBeGreaterThanOrEqual(1);
        expect(delayMs).toBeLessThanOrEqual(chosen.maxMs);
        expect(baseMs).toBeWithin(chosen.firstMs, chosen.maxMs + 1);
        const exact = Math.min(chosen.firstMs * chosen.factor ** index, chosen.maxMs);
        const [least, most] = {
          none: [exact, exact],
          full: [0, exact],
          equal: [exact / 2, exact],
          decorrelated: [chosen.firstMs, Math.min(3 * exact, chosen.maxMs)],
        }[chosen.jitter] as [number, number];
        // Rounded to a millisecond.
        expect(delayMs).toBeGreaterThanOrEqual(least - 0.5);
        expect(delayMs).toBeLessThanOrEqual(Math.max(1, most + 0.5));
      }),
    );
  });

  test("never makes a later base shorter than an earlier one", () => {
    fc.assert(
      fc.property(anyBackoff, fc.nat(60), (chosen, index) => {
        const [earlier, later] = [index, index + 1].map((at) => delayOf(chosen, at, () => 0).baseMs);
        expect(later).toBeGreaterThanOrEqual(earlier ?? Number.POSITIVE_INFINITY);
      }),
    );
  });
});

describe("backoff", () => {
  test("is by default 1 s, 30 s, factor 2, full jitter", () => {
    expect(DEFAULT_BACKOFF).toEqual({ firstMs: 1_000, maxMs: 30_000, factor: 2, jitter: "full" });
    expect(JITTERS).toEqual(["none", "full", "equal", "decorrelated"]);
  });

  test.each([
    ["first of 0", { firstMs: 0 }],
    ["first below 0", { firstMs: -1 }],
    ["max under first", { maxMs: 999 }],
    ["factor under 1", { factor: 0.99 }],
    ["factor without end", { factor: Number.POSITIVE_INFINITY }],
    ["factor that is no number", { factor: Number.NaN }],
    ["jitter of another name", { jitter: "half" }],
    ["part of a millisecond", { firstMs: 1.5 }],
    ["key too many", { maxDelayMs: 5 }],
  ])("refuses a %s", (_what, change) => {
    expect(check(backoff, { ...DEFAULT_BACKOFF, ...change }).ok).toBeFalse();
  });

  test("takes max equal to first, and factor 1", () => {
    expect(check(backoff, { ...DEFAULT_BACKOFF, maxMs: 1_000, factor: 1 }).ok).toBeTrue();
  });
});
