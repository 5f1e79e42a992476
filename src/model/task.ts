import * as v from "valibot";
import { attempt, type EndedAttempt, type OpenAttempt } from "./attempt.ts";
import { code } from "./code.ts";
import { definitionMark } from "./definition.ts";
import { group, sweepPlace } from "./group.ts";
import { instant, taskId, taskName } from "./identity.ts";
import { openGroupMark } from "./open-group.ts";
import { PREPARATION_REASONS } from "./preparation.ts";
import { type Spec, spec } from "./spec.ts";
import { specEdit } from "./spec-edit.ts";

/** The version of the record's format; a larger one on disk was written by a newer stint. */
export const FORMAT_VERSION = 1;
/** How many attempts a record keeps; older ones are only in `runs/`. */
export const MAX_ATTEMPTS_KEPT = 256;

const SOURCES = ["cli", "inbox", "cron"] as const;

export const MAX_LABEL_NAME_LENGTH = 128;
export const MAX_LABEL_LENGTH = 256;
const labelName = v.pipe(v.string(), v.minLength(1), v.maxLength(MAX_LABEL_NAME_LENGTH));
const counter = v.pipe(v.number(), v.integer(), v.minValue(0));

export const labels = v.record(labelName, v.pipe(v.string(), v.maxLength(MAX_LABEL_LENGTH)));

/** A place among tasks with one number, in the order of the ranks; a task has the rank 0 at its own number. */
const place = v.strictObject({ number: counter, rank: v.number() });
export type QueuePlace = v.InferOutput<typeof place>;

/** Where a user moved a task to in the queue; see plan/position.ts. */
const position = v.strictObject({
  ...place.entries,
  /** In place of its submission. */
  since: instant,
  /** Since when it counts as waiting, until it has run again. */
  waitsSince: instant,
  /** Its last attempt before the move. */
  attempt: counter,
  /** In its lane. */
  lane: v.optional(place),
});
export type Position = v.InferOutput<typeof position>;

export const metadata = v.strictObject({
  id: taskId,
  number: v.pipe(v.number(), v.integer(), v.minValue(1)),
  name: taskName,
  uid: v.string(),
  /** Version of the spec. */
  generation: v.number(),
  /** Version of the record, incremented by each write. */
  resourceVersion: v.number(),
  /** Retry cycle: a user's retry starts the next one, with a new budget. */
  epoch: v.number(),
  createdAt: instant,
  updatedAt: instant,
  labels,
  annotations: v.record(v.string(), v.string()),
  /** The user name of the submitter. */
  createdBy: v.string(),
  source: v.picklist(SOURCES),
  /** Hash of the captured environment in `env/`; absent where none was captured. */
  environment: v.optional(v.string()),
  /** The task that this one is a copy of. */
  resubmitOf: v.optional(taskId),
  /** The uid of the schedule that queued it, and the instant of the firing. */
  scheduleId: v.optional(v.string()),
  firedFor: v.optional(instant),
  /** Its batch; absent where it was queued alone. */
  batch: v.optional(v.string()),
  /** The sweep that it is a member of. */
  group: v.optional(group),
  /** The group that its submission joined. */
  openGroup: v.optional(openGroupMark),
  /** The definition that it was made from. */
  definition: v.optional(definitionMark),
  /** For a copy of a member of a sweep, which is no member itself: what the member was. */
  copiedMember: v.optional(sweepPlace),
  position: v.optional(position),
  /** The git tree that it was submitted in; absent outside one. */
  code: v.optional(code),
  /** Set while its sweep holds it: since when, and the members whose quick failures are the reason. */
  heldFor: v.optional(v.strictObject({ at: instant, failures: v.array(taskId) })),
  /** The changes of its spec by users since it was queued, the last ones; absent without any. */
  edits: v.optional(v.array(specEdit)),
  /** Failures of its sweep before this do not hold it: then it was released, or retried. */
  failuresFrom: v.optional(instant),
});

const common = {
  /** Number of the last attempt; never reset. */
  attempt: counter,
  consecutiveFailures: counter,
  orphanCount: counter,
  observedGeneration: v.number(),
  attempts: v.array(attempt),
};
const ended = { ...common, endedAt: instant, message: v.string() };

/** Why a task is back in the queue. What it waits for now is computed by readers. */
export const QUEUED_REASONS = [
  "Backoff",
  "Interval",
  "Orphaned",
  "Shutdown",
  "Requeued",
  "Interrupted",
  "Preflight",
] as const;
export const FAILED_REASONS = [
  "NonRetryable",
  "Exhausted",
  "Timeout",
  "InvalidSpec",
  "OrphanLimit",
  "QueueTtl",
] as const;

/** What a claimed task waits for before its program runs. */
const PREPARING_REASONS = ["PullingImage", ...PREPARATION_REASONS] as const;
export type PreparingReason = (typeof PREPARING_REASONS)[number];

const CANCELLED_REASONS = [
  "User",
  "Shutdown",
  /** The lane was busy, and the task has `admission: dropIfRunning`. */
  "SlotBusy",
  /** Replaced by a newer one. */
  "Superseded",
  /** An unfinished task has the same key, or its work was done before. */
  "Duplicate",
  "ParentFailed",
  /** It was to run after a failure of its parent, which succeeded. */
  "NotNeeded",
  /** Too many members of its sweep failed. */
  "GroupFailed",
] as const;
export type CancelledReason = (typeof CANCELLED_REASONS)[number];

const queued = v.strictObject({
  state: v.literal("queued"),
  reason: v.optional(v.picklist(QUEUED_REASONS)),
  /** The end of a backoff or interval. The user's own earliest start is `spec.notBefore`. */
  retryAt: v.optional(instant),
  ...common,
});

export const status = v.variant("state", [
  queued,
  v.strictObject({
    state: v.literal("preparing"),
    reason: v.optional(v.picklist(PREPARING_REASONS)),
    ...common,
  }),
  v.strictObject({ state: v.literal("running"), ...common }),
  v.strictObject({ state: v.literal("serving"), ...common }),
  v.strictObject({ state: v.literal("stopping"), ...common }),
  v.strictObject({ state: v.literal("collecting"), ...common }),
  v.strictObject({ state: v.literal("orphaned"), ...common }),
  v.strictObject({ state: v.literal("completed"), reason: v.literal("Succeeded"), ...ended }),
  v.strictObject({ state: v.literal("failed"), reason: v.picklist(FAILED_REASONS), ...ended }),
  v.strictObject({ state: v.literal("cancelled"), reason: v.picklist(CANCELLED_REASONS), ...ended }),
]);
export type Status = v.InferOutput<typeof status>;

/** One unit of work: metadata, desired state and status. */
export const task = v.strictObject({ metadata, spec, status });
export type Task = v.InferOutput<typeof task>;
export type Metadata = Task["metadata"];

/** Metadata without identity, and the spec without the kind: the same for most tasks of a batch. */
export const metadataBeside = v.omit(metadata, ["id", "number", "name", "uid"]);
export const specBeside = v.omit(spec, ["kind"]);
export type SpecBeside = Omit<Spec, "kind">;
export type QueuedStatus = Extract<Status, { state: "queued" }>;

export function idsOfTasks(tasks: readonly Task[]): Metadata["id"][] {
  return tasks.map((one) => one.metadata.id);
}

/** For sorting, from the lowest number. */
export function inNumberOrder({ metadata: left }: Task, { metadata: right }: Task): number {
  return left.number - right.number;
}

/** When a task ended, in ms since the epoch; null for an unfinished one. */
export function whenEndedMs({ status: of }: Task): number | null {
  return "endedAt" in of ? Date.parse(of.endedAt) : null;
}

/** The open attempt of a task; null where none is open. */
export function openAttempt(of: Task): OpenAttempt | null {
  const last = of.status.attempts.at(-1);
  return last?.state === "running" ? last : null;
}

/** True while the results of an ended job are collected: it holds no CPU, memory or GPU, and nothing can stop it any more. */
export function isCollecting({ status: of }: Pick<Task, "status">): boolean {
  return of.state === "collecting";
}

/** The last attempt where it has ended; else null. */
export function lastEnded(of: Task): EndedAttempt | null {
  const last = of.status.attempts.at(-1);
  return last === undefined || last.state === "running" ? null : last;
}
