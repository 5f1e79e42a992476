import { counted } from "../../lib/counted.ts";
import { rangesOf } from "../../lib/ranges.ts";
import { numberOf, type TaskId } from "../../model/identity.ts";

/** More tasks than this are one line on a terminal. */
const MOST_LINES = 10;
/** A longer list of ranges is not read. */
export const MOST_RANGES = 8;

/** True where a terminal gets a summary in place of a line for each task; a pipe always gets the lines. */
export function isSummed(count: number, { isTerminal }: { readonly isTerminal: boolean }): boolean {
  return isTerminal && count > MOST_LINES;
}

/** What a summary begins with where the answer for a single task is not a participle. */
const PARTICIPLES: Readonly<Record<string, string>> = {
  "being cancelled": "cancelling",
  "being killed": "killing",
};

/** What was done to many tasks, in one line: `cancelled 120 tasks (3-122)`. */
export function summaryLine(done: string, ids: readonly TaskId[]): string {
  return `${PARTICIPLES[done] ?? done} ${manyTasks(ids)}\n`;
}

/** `120 tasks (3-122)`. */
export function manyTasks(ids: readonly TaskId[]): string {
  return `${counted(ids.length, "task")} (${shortRanges(rangesOf(ids.map(numberOf)), ", …")})`;
}

/** `3-7, 12 and more`. */
export function shortRanges(ranges: readonly string[], more = " and more"): string {
  return `${ranges.slice(0, MOST_RANGES).join(", ")}${ranges.length > MOST_RANGES ? more : ""}`;
}
