import type { Clock } from "./clock.ts";

/**
 * Long work in small steps: it yields where the loop may turn to other work, and yields `"wait"` where it cannot continue before something
 * else has happened.
 */
export type Steps<T> = Generator<"wait" | undefined, T>;

/** The state of some work after a slice of it. */
export type Progress<T> =
  | { readonly isDone: true; readonly value: T }
  | { readonly isDone: false; readonly isWaiting: boolean };

/** A slice takes this long, plus what its last step takes beyond. */
const SLICE_MS = 10;

/** Runs steps until the work is done, waits, or has used up its slice. */
export function runSlice<T>(steps: Steps<T>, clock: Pick<Clock, "awakeMs">): Progress<T> {
  const untilMs = clock.awakeMs() + SLICE_MS;
  do {
    const next = steps.next();
    if (next.done === true) return { isDone: true, value: next.value };
    if (next.value === "wait") return { isDone: false, isWaiting: true };
  } while (clock.awakeMs() < untilMs);
  return { isDone: false, isWaiting: false };
}

/** Runs all steps at once, where the process has no other work. */
export function wholeOf<T>(steps: Steps<T>): T {
  for (let next = steps.next(); ; next = steps.next()) if (next.done === true) return next.value;
}

/** Splits a list into chunks of at most so many. */
export function* chunksOf<T>(all: readonly T[], most: number): Generator<readonly T[]> {
  for (let at = 0; at < all.length; at += most) yield all.slice(at, at + most);
}

/** A chunk of this size is sorted well within one slice. */
const SORTED_AT_ONCE = 20_000;

/** A stable merge sort in small steps, for long lists. */
export function* sortedInSteps<T extends object>(
  all: readonly T[],
  compare: (left: T, right: T) => number,
): Steps<T[]> {
  let runs: T[][] = [];
  for (const part of chunksOf(all, SORTED_AT_ONCE)) {
    runs.push(part.toSorted(compare));
    yield;
  }
  while (runs.length > 1) {
    const merged: T[][] = [];
    for (const [left = [], right = []] of chunksOf(runs, 2))
      merged.push(yield* mergedInSteps(left, right, compare));
    runs = merged;
  }
  return runs[0] ?? [];
}

function* mergedInSteps<T extends object>(
  left: readonly T[],
  right: readonly T[],
  compare: (left: T, right: T) => number,
): Steps<T[]> {
  const merged: T[] = [];
  let [leftAt, rightAt] = [0, 0];
  for (;;) {
    const fromLeft = left[leftAt];
    const fromRight = right[rightAt];
    if (fromLeft !== undefined && (fromRight === undefined || compare(fromLeft, fromRight) <= 0)) {
      merged.push(fromLeft);
      leftAt += 1;
    } else if (fromRight !== undefined) {
      merged.push(fromRight);
      rightAt += 1;
    } else return merged;
    if (merged.length % SORTED_AT_ONCE === 0) yield;
  }
}
