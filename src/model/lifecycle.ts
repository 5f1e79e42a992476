import { instantMs } from "../lib/clock.ts";
import type { EndedAttempt, OpenAttempt, StopIntent } from "./attempt.ts";
import type { FoundEnd } from "./found-end.ts";
import type { Findings } from "./preparation.ts";
import {
  type CancelledReason,
  MAX_ATTEMPTS_KEPT,
  openAttempt,
  type PreparingReason,
  type QueuedStatus,
  type Status,
  type Task,
} from "./task.ts";
import { mustTransition } from "./transition.ts";

/** How many of the last attempts keep their log tail, timeline and outputs on record. */
const TAILS_KEPT = 3;

type Counters = Pick<
  Status,
  "attempt" | "consecutiveFailures" | "orphanCount" | "observedGeneration" | "attempts"
>;

/** The part of a status that is kept in every transition. */
export function countersOf(task: Task): Counters {
  const { attempt, consecutiveFailures, orphanCount, observedGeneration, attempts } = task.status;
  return { attempt, consecutiveFailures, orphanCount, observedGeneration, attempts };
}

/** The fields of a new attempt; times in RFC 3339. */
export interface Claim {
  readonly token: string;
  readonly supervisor: string;
  readonly hostBootId: string;
  readonly claimedAt: string;
  readonly claimedAwakeMs?: number;
  /** What is reserved, where it differs from the task's request. */
  readonly resources?: OpenAttempt["resources"];
  /** `Device.id` of each GPU. */
  readonly devices?: readonly string[];
  /** Of a service: its ports. */
  readonly service?: OpenAttempt["service"];
}

/** Since when a queued task waits for its next attempt. */
function queuedSinceMs({ metadata, spec, status }: Task): number {
  const last = status.attempts.at(-1);
  if (last === undefined || last.state === "running")
    return Math.max(instantMs(metadata.createdAt), instantMs(spec.notBefore ?? metadata.createdAt));
  // A retry by a user was the last change of the record.
  if (last.epoch !== metadata.epoch) return instantMs(metadata.updatedAt);
  return instantMs((status.state === "queued" ? status.retryAt : undefined) ?? last.finishedAt);
}

/** queued → preparing: opens the next attempt. */
export function claimed(task: Task, claim: Claim): Task {
  const number = task.status.attempt + 1;
  const { devices = [], ...rest } = claim;
  const opened: OpenAttempt = {
    state: "running",
    id: `${task.metadata.id}_att_${number}`,
    number,
    generation: task.metadata.generation,
    epoch: task.metadata.epoch,
    queuedMs: Math.max(0, instantMs(claim.claimedAt) - queuedSinceMs(task)),
    resources: task.spec.resources,
    ...rest,
    ...(devices.length > 0 && { devices: [...devices] }),
  };
  const attempts = [...task.status.attempts, opened].slice(-MAX_ATTEMPTS_KEPT);
  return mustTransition(task, {
    ...countersOf(task),
    state: "preparing",
    attempt: number,
    observedGeneration: task.metadata.generation,
    attempts,
  });
}

/** Still preparing, and for what. */
export function preparingFor(task: Task, reason: PreparingReason): Task {
  return task.status.state === "preparing" ? { ...task, status: { ...task.status, reason } } : task;
}

/** Records what the preparation of the open attempt found. */
export function withFindings(task: Task, { datasets, tracking }: Findings): Task {
  if (datasets === undefined && tracking === undefined) return task;
  return withOpenAttempt(task, {
    ...(datasets !== undefined && { datasets }),
    ...(tracking !== undefined && { tracking }),
  });
}

/** preparing → running: the process exists. */
export function started(
  task: Task,
  process: Pick<OpenAttempt, "process" | "startedAt" | "startedAwakeMs" | "unenforced">,
): Task {
  return mustTransition(withOpenAttempt(task, process), {
    ...countersOf(withOpenAttempt(task, process)),
    state: "running",
  });
}

/** running → serving: the service answers. */
export function answering(
  task: Task,
  at: { readonly readyAt: string; readonly readyAwakeMs: number; readonly url?: string },
): Task {
  const ready = withService(task, at);
  return mustTransition(ready, { ...countersOf(ready), state: "serving" });
}

/** running or serving → stopping: the service was asked to end. */
export function stopping(task: Task): Task {
  return mustTransition(task, { ...countersOf(task), state: "stopping" });
}

/** Records something of the service that the open attempt is. */
export function withService(task: Task, change: Partial<NonNullable<OpenAttempt["service"]>>): Task {
  const known = openAttempt(task)?.service ?? { ports: {} };
  return withOpenAttempt(task, { service: { ...known, ...change } });
}

/** running → collecting: its processes are gone, and its results are collected. What it had reserved is free. */
export function collecting(task: Task, found: FoundEnd): Task {
  const open = withOpenAttempt(task, { found });
  // A record may still be preparing when the job has already ended.
  const isShort = task.status.state === "preparing";
  const ran = isShort ? mustTransition(open, { ...countersOf(open), state: "running" }) : open;
  return mustTransition(ran, { ...countersOf(ran), state: "collecting" });
}

/** Records the request to stop the open attempt. Of two requests the first stays, unless the second is a user's; the shorter grace applies. */
export function stopRequested(task: Task, intent: StopIntent): Task {
  const earlier = openAttempt(task)?.stop;
  if (earlier === undefined) return withOpenAttempt(task, { stop: intent });
  // A stop by shutdown or timeout may lead to another attempt; a user's cancel must not.
  const isOverruled = earlier.reason !== "User" && intent.reason === "User";
  const graceMs = Math.min(earlier.graceMs, intent.graceMs);
  return withOpenAttempt(task, { stop: { ...(isOverruled ? intent : earlier), graceMs } });
}

/** Records that the job is to be paused. */
export function paused(task: Task, pause: NonNullable<OpenAttempt["paused"]>): Task {
  return withOpenAttempt(task, { paused: pause });
}

/** Records that the job is to be resumed. */
export function resumed(task: Task, awakeMs: number): Task {
  const { paused: pause, pausedMs = 0 } = openAttempt(task) ?? {};
  const sinceMs = pause === undefined ? 0 : Math.max(0, awakeMs - pause.awakeMs);
  return withOpenAttempt(task, { paused: undefined, pausedMs: pausedMs + sinceMs });
}

function withOpenAttempt(task: Task, change: Partial<OpenAttempt>): Task {
  const open = openAttempt(task);
  if (open === null) throw new Error(`task ${task.metadata.id} has no open attempt`);
  const attempts = [...task.status.attempts.slice(0, -1), { ...open, ...change }];
  return { ...task, status: { ...task.status, attempts } };
}

/** Adds a note to the last attempt. */
export function withNote(task: Task, note: string): Task {
  const attempts = task.status.attempts.map((attempt, index, all) =>
    index < all.length - 1 || attempt.state === "running"
      ? attempt
      : { ...attempt, notes: [...(attempt.notes ?? []), note] },
  );
  return { ...task, status: { ...task.status, attempts } };
}

/** Closes the open attempt and drops the log tails, timelines and outputs that are too old to keep. */
export function withEndedAttempt(task: Task, ended: EndedAttempt): Task {
  const attempts = [...task.status.attempts.slice(0, -1), ended].map((attempt, index, all) => {
    if (attempt.state === "running" || index >= all.length - TAILS_KEPT) return attempt;
    const { logTail: _log, timeline: _timeline, outputs: _outputs, outputsLeft: _left, ...kept } = attempt;
    return kept;
  });
  return { ...task, status: { ...task.status, attempts } };
}

/** failed or cancelled → queued by a user: a new epoch with a new budget; attempt numbers and history continue. */
export function retried(task: Task): Task {
  const { attempt, observedGeneration, attempts } = task.status;
  const status: QueuedStatus = {
    state: "queued",
    attempt,
    observedGeneration,
    attempts,
    consecutiveFailures: 0,
    orphanCount: 0,
  };
  const fresh = { ...task, metadata: { ...task.metadata, epoch: task.metadata.epoch + 1 } };
  return mustTransition(fresh, status);
}

/** A queued task that is held or released; a release ends the hold by its sweep, and earlier failures of the sweep hold it no more. */
export function withHold(task: Task, change: { readonly hold: boolean; readonly at: string }): Task {
  const { heldFor, ...rest } = task.metadata;
  const generation = rest.generation + 1;
  const metadata = { ...rest, generation, ...(change.hold && heldFor !== undefined && { heldFor }) };
  const after = { ...task, metadata, spec: { ...task.spec, hold: change.hold } };
  return change.hold ? after : withFailuresFrom(after, change.at);
}

/** For a member of a sweep that quick failures hold: only later ones count for it from now on. */
export function withFailuresFrom(task: Task, at: string): Task {
  if (task.metadata.group?.holdAfter === undefined) return task;
  return { ...task, metadata: { ...task.metadata, failuresFrom: at } };
}

/** Held by its sweep, as members of it failed quickly. */
export function heldBySweep(task: Task, heldFor: NonNullable<Task["metadata"]["heldFor"]>): Task {
  const held = withHold(task, { hold: true, at: heldFor.at });
  return { ...held, metadata: { ...held.metadata, heldFor } };
}

/** Ends the wait of a task between two attempts. */
export function awakened(task: Task): Task {
  return { ...task, status: { ...countersOf(task), state: "queued" } };
}

/** queued → cancelled, by a user, by admission, or by the end of other tasks. */
export function cancelledInQueue(
  task: Task,
  end: { readonly endedAt: string; readonly message: string; readonly reason: CancelledReason },
): Task {
  return mustTransition(task, { ...countersOf(task), state: "cancelled", ...end });
}
