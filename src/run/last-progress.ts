import { lstatSync } from "node:fs";
import { eventIn } from "../model/event.ts";
import type { JobProgress } from "../model/progress.ts";
import { EventReading } from "./events.ts";
import { inDamagedFolder } from "./records.ts";

/** Some hundred lines; a job that sends metrics all the time may tell its progress seldom. */
const LAST_BYTES = 64 * 1_024;
/** Most lines are of other types: to parse each would take a hundred times as long. */
const MENTION = /PROGRESS/i;

/** The last progress that a job told in its file of events, among the last lines; null where it told none there. */
export function lastProgress(path: string): JobProgress | null {
  const size = inDamagedFolder(() => lstatSync(path, { throwIfNoEntry: false })?.size ?? 0, 0);
  if (size === 0) return null;
  const lines: string[] = [];
  const reading = new EventReading(path, Math.max(0, size - LAST_BYTES));
  reading.read((line) => {
    if (line !== null) lines.push(line.toString("utf8"));
  }, LAST_BYTES);
  // A first line without its beginning is no event.
  for (const line of lines.toReversed()) {
    const event = MENTION.test(line) ? eventIn(line) : null;
    if (event?.type === "PROGRESS") return event.detail;
  }
  return null;
}
