import type { Clock } from "./clock.ts";

/**
 * Long work that is done a little at a time: it yields wherever whoever does it may see to other things, `"wait"` where it can go on
 * only once something else has happened.
 */
export type Steps<T> = Generator<"wait" | undefined, T>;

/** How far a slice brought some work. */
export type Progress<T> =
  | { readonly isDone: true; readonly value: T }
  | { readonly isDone: false; readonly isWaiting: boolean };

/** One slice holds whoever does the work up for so long, and for what its last step takes beyond. */
const SLICE_MS = 10;

/** Does a slice of some work. */
export function runSlice<T>(steps: Steps<T>, clock: Pick<Clock, "awakeMs">): Progress<T> {
  const untilMs = clock.awakeMs() + SLICE_MS;
  do {
    const next = steps.next();
    if (next.done === true) return { isDone: true, value: next.value };
    if (next.value === "wait") return { isDone: false, isWaiting: true };
  } while (clock.awakeMs() < untilMs);
  return { isDone: false, isWaiting: false };
}

/** Does all of some work at once, where nobody has anything else to see to. */
export function wholeOf<T>(steps: Steps<T>): T {
  for (let next = steps.next(); ; next = steps.next()) if (next.done === true) return next.value;
}

/** A list in parts of at most so many. */
export function* partsOf<T>(all: readonly T[], most: number): Generator<readonly T[]> {
  for (let at = 0; at < all.length; at += most) yield all.slice(at, at + most);
}

/** So many are sorted in no time, and merged in less. */
const SORTED_AT_ONCE = 20_000;

/** A long list, sorted a little at a time; what is alike stays in its order. */
export function* sortedInSteps<T extends object>(
  all: readonly T[],
  compare: (left: T, right: T) => number,
): Steps<T[]> {
  let runs: T[][] = [];
  for (const part of partsOf(all, SORTED_AT_ONCE)) {
    runs.push(part.toSorted(compare));
    yield;
  }
  while (runs.length > 1) {
    const merged: T[][] = [];
    for (const [left = [], right = []] of partsOf(runs, 2))
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
