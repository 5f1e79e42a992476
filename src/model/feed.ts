import { failureOfAttempt } from "./attempt.ts";
import { jsonIn } from "./check.ts";
import type { JobEvent } from "./event.ts";
import { lastEnded, type Task } from "./task.ts";
import { ENDS, type OwnType } from "./timeline.ts";

/** A line of the feed of a topic. */
export interface FeedLine {
  /** Counts the lines of the topic, from 1. */
  readonly seq: number;
  readonly at: string;
  readonly task?: string;
  readonly attempt?: number;
  /** Of the supervisor, or of the job; `gap` where lines are missing. */
  readonly type: string;
  readonly payload?: Readonly<Record<string, unknown>>;
  readonly attributes?: Readonly<Record<string, string>>;
  /** Of a line of a job: the offset behind it in the file of its events. */
  readonly offset?: number;
  /** Of a line of the supervisor: the version of the record. */
  readonly version?: number;
}

/** A line before it has its number. */
export type FeedEntry = Omit<FeedLine, "seq">;

/** Reads a line of a feed; null for one that another hand has written. */
export function feedLineIn(text: string): FeedLine | null {
  const data = jsonIn(text) as Partial<FeedLine> | null | undefined;
  const isLine =
    Number.isSafeInteger(data?.seq) && [data?.type, data?.at].every((one) => typeof one === "string");
  return isLine ? (data as FeedLine) : null;
}

/** The type of a line where lines are missing. */
export const GAP = "gap";

/** The type of the first line of an attempt that runs. */
export const STARTED = "STARTED" satisfies OwnType;

/** True for the line after which an attempt has no others. */
export function isEndOfAttempt(type: string): boolean {
  return Object.values<string>(ENDS).includes(type);
}

/** The line of what a job told. */
export function jobEntry(
  { metadata, spec, status }: Task,
  { event, at, offset }: { readonly event: JobEvent; readonly at: string; readonly offset: number },
): FeedEntry {
  const { msg, fields, claimed } = event;
  const payload = { ...(msg !== null && { msg }), ...fields, ...(claimed !== undefined && { claimed }) };
  return {
    at: event.at ?? at,
    task: metadata.id,
    attempt: status.attempt,
    type: event.type,
    ...(Object.keys(payload).length > 0 && { payload }),
    ...attributesOf(spec),
    offset,
  };
}

/** The line of a start that is not on record yet. */
export function startEntry({ metadata, spec, status }: Task, at: string): FeedEntry {
  return { at, task: metadata.id, attempt: status.attempt, type: STARTED, ...attributesOf(spec) };
}

/** The lines of what the supervisor did to a task, by its record before and after. */
export function ownEntries(before: Task | null, after: Task): FeedEntry[] {
  if (before === null) return [];
  const { metadata, spec } = after;
  return stepsOf(before, after).map(({ type, at = metadata.updatedAt, payload }) => ({
    at,
    task: metadata.id,
    attempt: after.status.attempt,
    type,
    ...(payload !== undefined && { payload }),
    ...attributesOf(spec),
    version: metadata.resourceVersion,
  }));
}

function attributesOf({ attributes = {} }: Task["spec"]): Pick<FeedEntry, "attributes"> {
  return Object.keys(attributes).length === 0 ? {} : { attributes };
}

interface Step {
  readonly type: OwnType;
  readonly at?: string;
  readonly payload?: Record<string, unknown>;
}

function stepsOf(before: Task, after: Task): Step[] {
  const [earlier, last] = [before.status.attempts.at(-1), after.status.attempts.at(-1)];
  const isOpened = last !== undefined && last.number !== earlier?.number;
  const isStarted = last?.startedAt !== undefined && (isOpened || earlier?.startedAt === undefined);
  const stop = last?.stop;
  const isStopped = stop !== undefined && (isOpened || earlier?.stop === undefined);
  return [
    ...(isOpened ? [{ type: "ASSIGNED" as const, at: last.claimedAt }] : []),
    ...(isStarted && last.startedAt !== undefined ? [{ type: "STARTED" as const, at: last.startedAt }] : []),
    ...(isStopped
      ? [{ type: "SIGNALLED" as const, at: stop.requestedAt, payload: { reason: stop.reason } }]
      : []),
    ...endOf(before, after),
  ];
}

/** The end of an attempt, and what follows on it; the end of a task that waited. */
function endOf(before: Task, after: Task): Step[] {
  const { status } = after;
  const ended = lastEnded(after);
  const isAttempt = ended !== null && before.status.attempts.at(-1)?.state === "running";
  const end: Step[] = isAttempt
    ? [{ type: ENDS[ended.state], at: ended.finishedAt, payload: payloadOf(ended) }]
    : [];
  if (status.state === "queued" && before.status.state !== "queued") {
    const { reason, retryAt } = status;
    const payload = { ...(reason !== undefined && { reason }), ...(retryAt !== undefined && { retryAt }) };
    const said = reason !== undefined || retryAt !== undefined ? { payload } : {};
    return [...end, { type: retryAt === undefined ? "RETRIED" : "BACKOFF", ...said }];
  }
  const isOver = "endedAt" in status && !("endedAt" in before.status);
  if (!isOver || isAttempt) return end;
  const type =
    status.state === "cancelled" ? "CANCELLED" : status.state === "failed" ? "FAILED" : "COMPLETED";
  return [{ type, at: status.endedAt, payload: { reason: status.reason, message: status.message } }];
}

function payloadOf(ended: NonNullable<ReturnType<typeof lastEnded>>): Record<string, unknown> {
  const { exitCode, signal, durationMs, outputs } = ended;
  const failure = failureOfAttempt(ended);
  return {
    exitCode,
    ...(signal !== null && { signal }),
    durationMs,
    ...(failure !== null && { code: failure.code, error: failure.error }),
    ...(outputs !== undefined && { outputs }),
  };
}
