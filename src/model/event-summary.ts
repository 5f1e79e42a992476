import * as v from "valibot";
import { eventIn, type FailHint, JOB_EVENTS, type JobEvent, type SavedCheckpoint } from "./event.ts";
import { instant } from "./identity.ts";
import type { Measure } from "./measure.ts";
import type { JobProgress } from "./progress.ts";

/** Lines of one attempt that are read; later ones are counted only, but for those at the very end. */
export const MAX_EVENT_LINES = 10_000;
/** Entries of a timeline on record; the file of the attempt has all. */
const MAX_ENTRIES = 50;
const MAX_METRICS = 64;
const MAX_OUTPUT_BYTES = 1_024 * 1_024;
const MAX_OUTPUT_NAMES = 1_024;
const MAX_MSG_LENGTH = 512;
const MAX_PAYLOAD_LENGTH = 1_024;

/** One thing that a job told, as records keep it. */
export const timelineEntry = v.strictObject({
  /** Absent where the line has no time and was read only at the end. */
  at: v.optional(instant),
  type: v.picklist(JOB_EVENTS),
  msg: v.string(),
  /** Absent for none, and for a large one. */
  payload: v.optional(v.record(v.string(), v.unknown())),
  /** The type in the line, where it is none of a job's. */
  claimed: v.optional(v.string()),
});
export type TimelineEntry = v.InferOutput<typeof timelineEntry>;

/** What the lines of one attempt come to. */
export interface EventSummary {
  /** All lines, those that are counted only included. */
  readonly lines: number;
  /** Lines that are no events: rubbish, too long, or without what their type needs. */
  readonly bad: number;
  /** Lines with a type that is none of a job's. */
  readonly claimed: number;
  readonly progress?: JobProgress;
  /** The last value of each. */
  readonly metrics: Readonly<Record<string, Measure>>;
  /** Merged, key by key. */
  readonly outputs: Readonly<Record<string, unknown>>;
  readonly outputBytes: Readonly<Record<string, number>>;
  readonly ready?: { readonly url?: string };
  readonly fail?: FailHint;
  readonly checkpoint?: SavedCheckpoint;
  readonly timeline: readonly TimelineEntry[];
}

export const NO_EVENTS: EventSummary = {
  lines: 0,
  bad: 0,
  claimed: 0,
  metrics: {},
  outputs: {},
  outputBytes: {},
  timeline: [],
};

/** A summary with one line more, and the event that the line was; null where it was none. */
interface Folded {
  readonly summary: EventSummary;
  readonly event: JobEvent | null;
}

/**
 * Adds a line to a summary; null stands for one that is too long. `readAt` is the time of a line that has none. A line beyond the limit
 * is counted only, unless it is one of the `last`, which have the values that count.
 */
export function foldLine(
  summary: EventSummary,
  line: string | null,
  { readAt, isLast = false }: { readonly readAt?: string; readonly isLast?: boolean } = {},
): Folded {
  const counted = isLast ? summary : { ...summary, lines: summary.lines + 1 };
  if (!isLast && counted.lines > MAX_EVENT_LINES) return { summary: counted, event: null };
  const event = line === null ? null : eventIn(line);
  const folded = event === null ? null : folding(counted, event);
  if (event === null || folded === null)
    return { summary: { ...counted, bad: counted.bad + 1 }, event: null };
  const timed: JobEvent = event.at === undefined && readAt !== undefined ? { ...event, at: readAt } : event;
  return { summary: isTold(timed) ? told(folded, timed) : folded, event: timed };
}

/** Adds lines that are not read at all. */
export function countLines(summary: EventSummary, lines: number): EventSummary {
  return lines === 0 ? summary : { ...summary, lines: summary.lines + lines };
}

/** Null where the event does not fit: too many metrics, or too large outputs. */
function folding(summary: EventSummary, event: JobEvent): EventSummary | null {
  switch (event.type) {
    case "PROGRESS":
      return { ...summary, progress: event.detail };
    case "METRIC": {
      const { name, value } = event.detail;
      const isNew = !Object.hasOwn(summary.metrics, name);
      if (isNew && Object.keys(summary.metrics).length >= MAX_METRICS) return null;
      return { ...summary, metrics: { ...summary.metrics, [name]: value } };
    }
    case "OUTPUT":
      return withOutputs(summary, event.detail);
    case "READY":
      return { ...summary, ready: event.detail };
    case "FAIL":
      return { ...summary, fail: event.detail };
    case "CHECKPOINT":
      return { ...summary, checkpoint: event.detail };
    case "INFO":
    case "ERROR":
      return event.claimed === undefined ? summary : { ...summary, claimed: summary.claimed + 1 };
  }
}

function withOutputs(summary: EventSummary, outputs: Readonly<Record<string, unknown>>): EventSummary | null {
  const sizes = Object.entries(outputs).map(([name, value]) => [name, JSON.stringify(value).length] as const);
  const outputBytes = { ...summary.outputBytes, ...Object.fromEntries(sizes) };
  const all = Object.values(outputBytes);
  const isTooLarge =
    all.length > MAX_OUTPUT_NAMES || all.reduce((total, bytes) => total + bytes, 0) > MAX_OUTPUT_BYTES;
  return isTooLarge ? null : { ...summary, outputs: { ...summary.outputs, ...outputs }, outputBytes };
}

/** Numbers that change all the time are no entries of a timeline. */
function isTold({ type }: JobEvent): boolean {
  return type !== "PROGRESS" && type !== "METRIC" && type !== "OUTPUT";
}

function told(summary: EventSummary, { at, type, msg, fields, claimed }: JobEvent): EventSummary {
  const payload = JSON.stringify(fields);
  const entry: TimelineEntry = {
    ...(at !== undefined && { at }),
    type,
    msg: shortened(msg === null ? "" : String(msg)),
    ...(payload !== "{}" && payload.length <= MAX_PAYLOAD_LENGTH && { payload: { ...fields } }),
    ...(claimed !== undefined && { claimed }),
  };
  return { ...summary, timeline: [...summary.timeline, entry].slice(-MAX_ENTRIES) };
}

function shortened(text: string): string {
  return text.length <= MAX_MSG_LENGTH ? text : `${text.slice(0, MAX_MSG_LENGTH - 1)}…`;
}
