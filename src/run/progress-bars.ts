import { type BarProgress, barIn, counterIn, epochIn, type LineReading } from "./bar-shapes.ts";
import { screenRows } from "./screen-rows.ts";

/** A bar with more lines after it is of an earlier part of the job. */
const MAX_LINES_AFTER = 20;

/**
 * The progress that the end of a job's output shows, by a bar or a counter that the program writes; null rather than a guess. Of nested
 * bars it is the outer one: tqdm leaves the cursor in its row.
 */
export function progressIn(output: string): BarProgress | null {
  const { rows, cursor } = screenRows(output);
  const outer = lastIn(rows.slice(0, cursor + 1));
  const inner = lastIn(rows.slice(cursor + 1));
  // Where the outer bar was drawn before the beginning of this text, the inner one is known alone.
  if (outer === null || inner === null) return outer ?? inner;
  const message = [outer.message, textOf(inner)].filter((part) => part !== "");
  return { ...outer, message: message.join(", ") };
}

function textOf({ message, percent }: BarProgress): string {
  return percent === null ? message : `${message} ${percent}%`.trim();
}

type Row = readonly string[];

function lastIn(rows: readonly Row[]): BarProgress | null {
  let after = 0;
  for (let at = rows.length - 1; at >= 0 && after <= MAX_LINES_AFTER; at -= 1) {
    const row = rows[at] ?? [];
    const reading = readingOf(row);
    // A bar that is full and has lines after it says nothing of what the job does now.
    if (reading !== null && (reading.percent !== 100 || after === 0))
      return inEpoch(reading, rows.slice(0, at));
    after += 1;
  }
  return null;
}

/** What a row shows: its last state, or the one before where the last was written in part. */
function readingOf(row: Row): LineReading | null {
  for (const state of row.toReversed()) {
    if (state.trim() === "") return null;
    const reading = barIn(state) ?? counterIn(state);
    if (reading !== null) return reading;
  }
  return null;
}

/** With the epoch that a line above names, as Keras does. */
function inEpoch({ hasEpoch, percent, leftMs, message }: LineReading, above: readonly Row[]): BarProgress {
  const epochs = hasEpoch ? [] : above.toReversed().map((row) => epochIn(row.at(-1) ?? ""));
  const parts = [epochs.find((epoch) => epoch !== null) ?? "", message];
  return { percent, leftMs, message: parts.filter((part) => part !== "").join(", ") };
}
