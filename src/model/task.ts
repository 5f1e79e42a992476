import * as v from "valibot";
import { attempt, type OpenAttempt } from "./attempt.ts";
import { group } from "./group.ts";
import { instant, taskId, taskName } from "./identity.ts";
import { type Spec, spec } from "./spec.ts";

/** The version of the record's form; a larger one on disk was written by a newer stint. */
export const FORMAT_VERSION = 1;
/** Attempts kept in a record; older ones live on in `runs/` alone. */
export const MAX_ATTEMPTS_KEPT = 256;

const SOURCES = ["cli", "inbox", "cron"] as const;

export const MAX_LABEL_NAME_LENGTH = 128;
export const MAX_LABEL_LENGTH = 256;
const labelName = v.pipe(v.string(), v.minLength(1), v.maxLength(MAX_LABEL_NAME_LENGTH));
const counter = v.pipe(v.number(), v.integer(), v.minValue(0));

export const labels = v.record(labelName, v.pipe(v.string(), v.maxLength(MAX_LABEL_LENGTH)));

export const metadata = v.strictObject({
  id: taskId,
  number: v.pipe(v.number(), v.integer(), v.minValue(1)),
  name: taskName,
  uid: v.string(),
  /** Version of the spec. */
  generation: v.number(),
  /** Version of the record: one more with each write. */
  resourceVersion: v.number(),
  /** Retry cycle: a person's retry opens the next one, with a fresh budget. */
  epoch: v.number(),
  createdAt: instant,
  updatedAt: instant,
  labels,
  annotations: v.record(v.string(), v.string()),
  /** Who submitted it, by name in the system. */
  createdBy: v.string(),
  source: v.picklist(SOURCES),
  /** Hash of the captured environment in `env/`; absent where none was. */
  environment: v.optional(v.string()),
  /** The task that this one repeats. */
  resubmitOf: v.optional(taskId),
  /** The uid of the schedule that queued it, and the instant of its rule that it was queued for. */
  scheduleId: v.optional(v.string()),
  firedFor: v.optional(instant),
  /** What was queued together; absent where it was alone. */
  batch: v.optional(v.string()),
  /** The sweep that it is a member of. */
  group: v.optional(group),
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

/** Why a task is back in the queue: facts of the past only; what it waits for now is computed by the reader. */
export const QUEUED_REASONS = ["Backoff", "Interval", "Orphaned", "Shutdown", "Interrupted"] as const;
export const FAILED_REASONS = [
  "NonRetryable",
  "Exhausted",
  "Timeout",
  "InvalidSpec",
  "OrphanLimit",
  "QueueTtl",
] as const;

/** What a task that was claimed waits for before its program runs. */
const PREPARING_REASONS = ["PullingImage"] as const;

const CANCELLED_REASONS = [
  "User",
  "Shutdown",
  /** The lane was busy, and the task was not to wait for it. */
  "SlotBusy",
  /** A newer one replaced it. */
  "Superseded",
  /** One of the same key had not ended. */
  "Duplicate",
  "ParentFailed",
  /** It waited for a failure, and its parent succeeded. */
  "NotNeeded",
  /** Too many members of its sweep failed. */
  "GroupFailed",
] as const;
export type CancelledReason = (typeof CANCELLED_REASONS)[number];

const queued = v.strictObject({
  state: v.literal("queued"),
  reason: v.optional(v.picklist(QUEUED_REASONS)),
  /** Ours: the end of a backoff or interval. The user's own is `spec.notBefore`. */
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

/** One unit of work: identity, wish and what became of it. */
export const task = v.strictObject({ metadata, spec, status });
export type Task = v.InferOutput<typeof task>;
export type Metadata = Task["metadata"];

/** What a record says of a task beside who it is, and what is wanted beside what is to be run: for most of a batch the same. */
export const metadataBeside = v.omit(metadata, ["id", "number", "name", "uid"]);
export type MetadataBeside = Omit<Metadata, "id" | "number" | "name" | "uid">;
export const specBeside = v.omit(spec, ["kind"]);
export type SpecBeside = Omit<Spec, "kind">;
export type QueuedStatus = Extract<Status, { state: "queued" }>;

/** A task while an attempt is open. */
export function openAttempt(of: Task): OpenAttempt | null {
  const last = of.status.attempts.at(-1);
  return last?.state === "running" ? last : null;
}
