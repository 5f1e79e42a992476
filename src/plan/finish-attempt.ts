import { timestamp } from "../lib/clock.ts";
import type { Random } from "../lib/random.ts";
import type { ArtifactsTotal } from "../model/artifacts.ts";
import type { EndedAttempt, OpenAttempt } from "../model/attempt.ts";
import { classify, type Verdict } from "../model/classify.ts";
import type { EventSummary } from "../model/event-summary.ts";
import type { Evidence } from "../model/evidence.ts";
import { type Failure, failureOf } from "../model/failure.ts";
import type { JsonObject } from "../model/job-data.ts";
import { countersOf, withEndedAttempt } from "../model/lifecycle.ts";
import type { PackagesSummary } from "../model/packages.ts";
import { openAttempt, type QUEUED_REASONS, type Status, type Task } from "../model/task.ts";
import { mergedTracking, type TrackingFound } from "../model/tracking.ts";
import { mustTransition } from "../model/transition.ts";
import { decideInterrupted, decideRetry, isAwaited, isPreflight } from "./retry.ts";

/** What the supervisor found when an attempt's processes had ended. */
export interface End extends Evidence {
  readonly endedAtMs: number;
  readonly logBytes: number;
  readonly logBytesCut: number;
  /** Processes that it had left running; absent where it never ran. */
  readonly leftBehind?: number;
  /** Absent where it had no control group with memory accounting. */
  readonly peakMemoryBytes?: number;
  readonly peakRssBytes?: number;
  readonly cpuMs?: number;
  /** Limits that it ran without. */
  readonly unenforced?: readonly string[];
  /** What the job told; absent for nothing. */
  readonly events?: EventSummary;
  readonly artifacts?: ArtifactsTotal;
  readonly packages?: PackagesSummary;
  /** Of its trackers. */
  readonly tracking?: TrackingFound;
  /** What went wrong when its results were collected. */
  readonly notes?: readonly string[];
  readonly outputs?: JsonObject;
  readonly outputsLeft?: number;
}

/** Closes the open attempt and decides what follows: the task is done, queued again, or moved to dead-letter/. */
export function finishAttempt(task: Task, end: End, random: Random): Task {
  const verdict = classify(end, task.spec.kind.failOnNonZero);
  switch (verdict.type) {
    case "completed":
      return afterSuccess(task, end);
    case "stopped": {
      const closed = closedTask(task, end, { state: "completed" });
      const stopping = throughRunning(closed, "stopping");
      return ended(stopping, end, { state: "completed", reason: "Succeeded", message: verdict.note });
    }
    case "failed":
    case "timeout":
      return afterFailure(task, { ...end, verdict, random });
    case "superseded":
    case "cancelled": {
      const { type: state, note } = verdict;
      const closed = closedTask(task, end, { state: "cancelled", note });
      const reason = state === "cancelled" ? "User" : "Superseded";
      return ended(closed, end, { state: "cancelled", reason, message: note });
    }
    case "shutdown":
      return requeued(closedTask(task, end, { state: "cancelled", note: verdict.note }), "Shutdown");
    case "requeued":
      return requeued(closedTask(task, end, { state: "cancelled", note: verdict.note }), "Requeued");
    case "interrupted": {
      const closed = closedTask(task, end, { state: "failed", failure: verdict.failure });
      return isNeverRepeated(task) || task.spec.retry.maxOrphans === 0
        ? ended(closed, end, orphanLimit(verdict.failure))
        : afterInterruption(closed, { end, failure: verdict.failure, random });
    }
    case "orphaned":
      return afterOrphaning(task, { ...end, failure: verdict.failure });
  }
}

/** Closes an attempt that never started a process: nothing is counted, and the task is queued again. */
export function requeueUnstarted(
  task: Task,
  failure: Failure,
  { nowMs, waitMs }: { readonly nowMs: number; readonly waitMs: number },
): Task {
  const wait = waitMs > 0 && { retry: { baseMs: waitMs, delayMs: waitMs, code: failure.code } };
  const closed = closedTask(task, unstartedEnd(failure, nowMs), { state: "orphaned", failure, ...wait });
  return requeued(closed, "Orphaned", waitMs > 0 ? nowMs + waitMs : null);
}

function unstartedEnd({ error }: Failure, endedAtMs: number): Facts {
  return {
    ending: { type: "lost", signal: null, note: error },
    endedAtMs,
    logTail: "",
    logBytes: 0,
    logBytesCut: 0,
  };
}

const CUT_SHORT = "cut-short";
/** After this many supervisors were lost while starting the same task, the task is the cause. */
const MAX_CUT_SHORT = 5;
/** Long enough for the other tasks to start first. */
const FIRST_CUT_SHORT_WAIT_MS = 5_000;
const CUT_SHORT_FACTOR = 6;

/** Requeues a task whose supervisor was lost while starting it: nothing is counted, all others come first, and after `MAX_CUT_SHORT` times it fails. */
export function requeueCutShort(task: Task, nowMs: number): Task {
  const failure = failureOf("STALE_WORKER", CUT_SHORT, "the supervisor died while it started this task");
  const earlier = task.status.attempts.slice(0, -1);
  const other = earlier.findLastIndex(
    (one) => one.epoch !== task.metadata.epoch || one.state !== "orphaned" || one.failure.rule !== CUT_SHORT,
  );
  const times = earlier.length - other;
  if (times < MAX_CUT_SHORT)
    return requeueUnstarted(task, failure, {
      nowMs,
      waitMs: FIRST_CUT_SHORT_WAIT_MS * CUT_SHORT_FACTOR ** (times - 1),
    });
  const end = unstartedEnd(failure, nowMs);
  return ended(closedTask(task, end, { state: "orphaned", failure }), end, orphanLimit(failure));
}

type Facts = Omit<End, "stop" | "oomKilled">;

type Common = Omit<Extract<EndedAttempt, { state: "completed" }>, "state">;
type Told = Pick<Common, "events" | "metrics" | "progress" | "timeline" | "checkpoint">;
type Own<T> = T extends EndedAttempt ? Omit<T, keyof Common> : never;

function closedTask(task: Task, end: Facts, own: Own<EndedAttempt>): Task {
  const open = openAttempt(task);
  if (open === null) throw new Error(`task ${task.metadata.id} has no open attempt to end`);
  return withEndedAttempt(task, { ...commonFields(open, end), ...own });
}

/** The closed task in the queue again; ready at `readyMs`, null for at once. */
function requeued(
  closed: Task,
  reason: (typeof QUEUED_REASONS)[number],
  readyMs: number | null = null,
): Task {
  const retryAt = readyMs !== null && { retryAt: timestamp(readyMs) };
  return mustTransition(closed, { ...countersOf(closed), state: "queued", reason, ...retryAt });
}

function commonFields(open: OpenAttempt, end: Facts): Common {
  const { ending } = end;
  const { state: _open, found: _found, paused, pausedMs = 0, ...kept } = open;
  const stoodStillMs =
    pausedMs + (paused === undefined ? 0 : Math.max(0, end.endedAtMs - Date.parse(paused.at)));
  const startedMs = open.startedAt === undefined ? null : Date.parse(open.startedAt);
  const tracking = mergedTracking(kept.tracking, end.tracking);
  return {
    ...kept,
    ...(tracking !== undefined && { tracking }),
    finishedAt: timestamp(end.endedAtMs),
    durationMs: startedMs === null ? 0 : Math.max(0, end.endedAtMs - startedMs),
    exitCode: ending.type === "exited" ? ending.exitCode : null,
    signal: ending.type === "notStarted" ? null : ending.signal,
    ...(ending.type === "exited" && ending.signalInferred && { signalInferred: true }),
    ...(stoodStillMs > 0 && { pausedMs: stoodStillMs }),
    ...(end.logTail !== "" && { logTail: end.logTail }),
    logBytes: end.logBytes,
    ...(end.logBytesCut > 0 && { logBytesCut: end.logBytesCut }),
    ...(end.leftBehind !== undefined && end.leftBehind > 0 && { leftBehind: end.leftBehind }),
    ...(end.peakMemoryBytes !== undefined && { peakMemoryBytes: end.peakMemoryBytes }),
    ...(end.peakRssBytes !== undefined && { peakRssBytes: end.peakRssBytes }),
    ...(end.cpuMs !== undefined && { cpuMs: end.cpuMs }),
    ...(end.unenforced !== undefined && { unenforced: [...end.unenforced] }),
    ...(end.artifacts !== undefined && end.artifacts.count > 0 && { artifacts: end.artifacts }),
    ...(end.packages !== undefined && { packages: end.packages }),
    ...(end.notes !== undefined && end.notes.length > 0 && { notes: [...end.notes] }),
    ...(end.outputs !== undefined && { outputs: end.outputs }),
    ...(end.outputsLeft !== undefined && { outputsLeft: end.outputsLeft }),
    ...(end.events !== undefined && toldFields(end.events)),
  };
}

/** What a job told, as the record keeps it. */
function toldFields({ lines, bad, claimed, metrics, progress, timeline, checkpoint }: EventSummary): Told {
  return {
    events: { lines, ...(bad > 0 && { bad }), ...(claimed > 0 && { claimed }) },
    ...(Object.keys(metrics).length > 0 && { metrics: { ...metrics } }),
    ...(progress !== undefined && { progress }),
    ...(timeline.length > 0 && { timeline: [...timeline] }),
    ...(checkpoint !== undefined && { checkpoint }),
  };
}

function afterSuccess(task: Task, end: End): Task {
  const closed = closedTask(task, end, { state: "completed" });
  const counted = { ...closed, status: { ...closed.status, consecutiveFailures: 0 } };
  const collecting = throughRunning(counted, isServing(task) ? "stopping" : "collecting");
  const { restart } = task.spec;
  if (restart.policy !== "always")
    return ended(collecting, end, { state: "completed", reason: "Succeeded", message: "succeeded" });
  return requeued(collecting, "Interval", end.endedAtMs + restart.intervalMs);
}

function afterFailure(
  task: Task,
  end: End & { readonly verdict: Extract<Verdict, { type: "failed" | "timeout" }>; readonly random: Random },
): Task {
  const { type: state, failure } = end.verdict;
  const earlier = hasServedLong(task, end) ? 0 : task.status.consecutiveFailures;
  const consecutiveFailures = earlier + (isAwaited(failure) ? 0 : 1);
  const exitCode = end.ending.type === "exited" ? end.ending.exitCode : null;
  const decision = decideRetry(
    task,
    {
      failure,
      exitCode,
      consecutiveFailures,
      logTail: end.logTail,
      ...(end.hint !== undefined && { hint: end.hint }),
    },
    end.random,
  );
  const { retry: isRetried } = decision;
  const retry = isRetried
    ? { baseMs: decision.baseMs, delayMs: decision.delayMs, code: failure.code }
    : undefined;
  const closed = closedTask(task, end, { state, failure, ...(retry !== undefined && { retry }) });
  const counted = { ...closed, status: { ...closed.status, consecutiveFailures } };
  if (!isRetried)
    return ended(counted, end, { state: "failed", reason: decision.reason, message: decision.message });
  const reason = isPreflight(failure) ? "Preflight" : "Backoff";
  return requeued(counted, reason, end.endedAtMs + decision.delayMs);
}

/** A service that has served so long was well: its failure is a first one. */
const WELL_AFTER_MS = 10 * 60_000;

function hasServedLong(task: Task, { endedAtMs }: End): boolean {
  const readyAt = openAttempt(task)?.service?.readyAt;
  return readyAt !== undefined && endedAtMs - Date.parse(readyAt) >= WELL_AFTER_MS;
}

/** After a first interruption the task is queued at once, as after a reboot; repeated ones wait for a backoff and end in dead-letter/. */
function afterInterruption(
  closed: Task,
  { end, failure, random }: { end: End; failure: Failure; random: Random },
): Task {
  const decision = decideInterrupted(closed, failure, random);
  if (!decision.retry)
    return ended(closed, end, { state: "failed", reason: "Exhausted", message: decision.message });
  return requeued(closed, "Interrupted", decision.delayMs > 0 ? end.endedAtMs + decision.delayMs : null);
}

function afterOrphaning(task: Task, end: End & { readonly failure: Failure }): Task {
  const closed = closedTask(task, end, { state: "orphaned", failure: end.failure });
  const orphaned = throughRunning(closed, "orphaned");
  const orphanCount = orphaned.status.orphanCount + 1;
  const counted = { ...orphaned, status: { ...orphaned.status, orphanCount } };
  return isNeverRepeated(task) || orphanCount > task.spec.retry.maxOrphans
    ? ended(counted, end, orphanLimit(end.failure))
    : requeued(counted, "Orphaned");
}

function isNeverRepeated(task: Task): boolean {
  return task.spec.retry.onOrphan === "never";
}

function orphanLimit(failure: Failure): { state: "failed"; reason: "OrphanLimit"; message: string } {
  return {
    state: "failed",
    reason: "OrphanLimit",
    message: `${failure.code}: ${failure.error}; not retried`,
  };
}

/** True from the time at which a service answers until it has ended. */
function isServing({ status: { state } }: Task): boolean {
  return state === "serving" || state === "stopping";
}

/** A record may still be preparing when the process has already ended: short-lived states are not written. */
function throughRunning(task: Task, state: "collecting" | "orphaned" | "stopping"): Task {
  const running =
    task.status.state === "preparing"
      ? mustTransition(task, { ...countersOf(task), state: "running" })
      : task;
  // A task that is orphaned already, or was lost while collecting, is not orphaned twice.
  const { state: now } = running.status;
  if (now === state || (state === "orphaned" && now !== "running" && !isServing(running))) return running;
  return mustTransition(running, { ...countersOf(running), state });
}

type Terminal = Extract<Status, { endedAt: string }>;
type TerminalFields<T> = T extends Terminal ? Pick<T, "state" | "reason" | "message"> : never;

function ended(task: Task, end: Facts, fields: TerminalFields<Terminal>): Task {
  return mustTransition(task, { ...countersOf(task), ...fields, endedAt: timestamp(end.endedAtMs) });
}
