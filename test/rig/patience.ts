/**
 * A condition that does not come true in this time never does, on whatever machine: the tests hold where 25 others want each CPU. It says
 * what a test waited for before the test's own time is over.
 */
export const PATIENCE_MS = 100_000;

/** From when on a wait is given up. */
export interface Deadline {
  isOver(): boolean;
}

export function deadline(ms = PATIENCE_MS): Deadline {
  const untilMs = performance.now() + ms;
  return { isOver: () => performance.now() > untilMs };
}

/** Time that a test saw pass. A busy machine adds to it, so that it can be held to a lower bound and to no upper one. */
export interface Stopwatch {
  hasPassed(ms: number): boolean;
}

export function stopwatch(): Stopwatch {
  const sinceMs = performance.now();
  return { hasPassed: (ms) => performance.now() - sinceMs >= ms };
}
