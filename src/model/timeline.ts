import { formatDuration } from "../lib/duration.ts";
import type { Attempt } from "./attempt.ts";
import type { TimelineEntry } from "./event-summary.ts";

/** What the supervisor alone may say of an attempt; the same words from a job are kept as INFO. */
export type OwnType =
  | "ASSIGNED"
  | "STARTED"
  | "COMPLETED"
  | "FAILED"
  | "CANCELLED"
  | "TIMEOUT"
  | "ORPHANED"
  | "RETRIED"
  | "BACKOFF"
  | "SIGNALLED";

/** One line of the timeline of an attempt. */
export interface TimelineLine extends Omit<TimelineEntry, "type"> {
  readonly type: TimelineEntry["type"] | OwnType;
}

/** The word for the end of an attempt. */
export const ENDS = {
  completed: "COMPLETED",
  failed: "FAILED",
  timeout: "TIMEOUT",
  cancelled: "CANCELLED",
  orphaned: "ORPHANED",
} as const;

/** What the supervisor and the job said of an attempt, in the order of time; `told` is what the job told so far. */
export function timelineOf(
  attempt: Attempt,
  told: readonly TimelineEntry[] = "timeline" in attempt ? (attempt.timeline ?? []) : [],
): TimelineLine[] {
  const { number, claimedAt, startedAt, stop } = attempt;
  const begun: TimelineLine[] = [
    { at: claimedAt, type: number === 1 ? "ASSIGNED" : "RETRIED", msg: `attempt ${number}` },
    ...(startedAt === undefined ? [] : [{ at: startedAt, type: "STARTED" as const, msg: "" }]),
  ];
  const signalled: TimelineLine[] =
    stop === undefined ? [] : [{ at: stop.requestedAt, type: "SIGNALLED", msg: stop.reason }];
  // The order of lines without a time is that of the file.
  const middle = merged([...told], signalled);
  return [...begun, ...middle, ...endOf(attempt)];
}

function endOf(attempt: Attempt): TimelineLine[] {
  if (attempt.state === "running") return [];
  const { finishedAt: at } = attempt;
  const why =
    "failure" in attempt
      ? `${attempt.failure.code}: ${attempt.failure.error}`
      : "note" in attempt
        ? attempt.note
        : "";
  const retry = "retry" in attempt ? attempt.retry : undefined;
  return [
    { at, type: ENDS[attempt.state], msg: why },
    ...(retry === undefined ? [] : [{ at, type: "BACKOFF" as const, msg: formatDuration(retry.delayMs) }]),
  ];
}

/** Puts each line of our own before the first line of the job that is later. */
function merged(told: TimelineLine[], own: readonly TimelineLine[]): TimelineLine[] {
  for (const line of own) {
    const later = told.findIndex(({ at }) => at !== undefined && line.at !== undefined && at > line.at);
    told.splice(later === -1 ? told.length : later, 0, line);
  }
  return told;
}
