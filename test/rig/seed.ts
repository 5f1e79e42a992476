/**
 * Where every random draw of a test run begins. The gate draws the same on each machine and each day, so that a failure is of
 * the change that it came with; `bun run test:crash` goes on from other seeds, which it prints. `STINT_TEST_SEED=7 bun test ...`
 * repeats one of those.
 */
export const SEED = Number(process.env["STINT_TEST_SEED"] ?? 20_261);

/** How many cron expressions are tried: few in the gate; `STINT_TEST_EXPRESSIONS=20000 bun test ./test/plan/cron.test.ts` as in the long run. */
export const EXPRESSIONS = Number(process.env["STINT_TEST_EXPRESSIONS"] ?? 400);

/** The same numbers for the same seed (mulberry32, after Tommy Ettinger's generator). */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
