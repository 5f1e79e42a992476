import type { Clock } from "../../src/lib/clock.ts";
import { NOW_MS } from "./tasks.ts";

/** A clock that a test moves. */
export interface FakeClock extends Clock {
  /** Lets time pass, awake. */
  advance(ms: number): void;
  /** Sets the wall clock forward or back; no time passes. */
  jump(ms: number): void;
}

/** A clock that stands at a moment until it is told otherwise. */
export function fakeClock(nowMs = NOW_MS): FakeClock {
  let passedMs = 0;
  let jumpedMs = 0;
  return {
    now: () => nowMs + passedMs + jumpedMs,
    awakeMs: () => passedMs,
    advance: (ms) => {
      passedMs += ms;
    },
    jump: (ms) => {
      jumpedMs += ms;
    },
  };
}
