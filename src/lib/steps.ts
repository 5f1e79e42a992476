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
