import * as v from "valibot";
import { MAX_DURATION_MS } from "../lib/duration.ts";
import type { Random } from "../lib/random.ts";

export const JITTERS = ["none", "full", "equal", "decorrelated"] as const;

/** In milliseconds; bounded, as a record edited by hand may hold any number, and the range of a Date is finite. */
export const durationMs = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(MAX_DURATION_MS));

/** How long to wait between retries, in milliseconds. */
export const backoff = v.pipe(
  v.strictObject({
    firstMs: durationMs,
    maxMs: durationMs,
    factor: v.pipe(v.number(), v.finite(), v.minValue(1)),
    jitter: v.picklist(JITTERS),
  }),
  v.check((policy) => policy.maxMs >= policy.firstMs, "max is under first, wanted max ≥ first"),
);
export type Backoff = v.InferOutput<typeof backoff>;

export const DEFAULT_BACKOFF: Backoff = { firstMs: 1_000, maxMs: 30_000, factor: 2, jitter: "full" };

/** A wait as it was decided; kept on the attempt so that it can be verified later. */
export interface Delay {
  /** `min(first · factor^n, max)`, before jitter. */
  readonly baseMs: number;
  readonly delayMs: number;
}

/** The wait before retry `index` (0 is the first), at least 1 ms. */
export function delayOf(policy: Backoff, index: number, random: Random): Delay {
  const baseMs = Math.min(policy.firstMs * policy.factor ** index, policy.maxMs);
  const delayMs = Math.max(1, Math.round(jittered(policy, baseMs, random())));
  return { baseMs: Math.round(baseMs), delayMs };
}

function jittered(policy: Backoff, baseMs: number, draw: number): number {
  switch (policy.jitter) {
    case "none":
      return baseMs;
    case "full":
      return baseMs * draw;
    case "equal":
      return baseMs / 2 + (baseMs / 2) * draw;
    case "decorrelated": {
      // Memoryless: the range depends on the base of this retry, not on the previous wait, as in AWS's scheme of that name.
      const ceilingMs = Math.min(3 * baseMs, policy.maxMs);
      return policy.firstMs + (ceilingMs - policy.firstMs) * draw;
    }
  }
}
