import * as v from "valibot";
import { backoff, duration } from "./backoff.ts";
import { instant, slotName, taskId, uniqueKey } from "./identity.ts";
import { kind } from "./kind.ts";
import { limits } from "./limits.ts";
import { wishes } from "./notice.ts";
import { resources } from "./resources.ts";
import { restart, retry } from "./retry.ts";
import { selector } from "./selector.ts";

/** Which end of a parent lets its dependent start. */
export const PARENT_ENDS = ["success", "any", "failure"] as const;
export type DependencyEnd = (typeof PARENT_ENDS)[number];

/** One parent of a task. */
const dependency = v.strictObject({ task: taskId, when: v.picklist(PARENT_ENDS) });
export type Dependency = v.InferOutput<typeof dependency>;

/** How far a parent is; `gone` where its record was removed. */
export type ParentState = "unfinished" | "completed" | "failed" | "cancelled" | "gone";

/** A parent as it was asked for: a number, an id, or a name, to be looked up when the task is queued. */
export interface ParentReference {
  readonly reference: string;
  readonly when: DependencyEnd;
}

/** Between TERM and KILL. */
export const DEFAULT_GRACE_MS = 30_000;
/** Output kept of one attempt; above it the middle is cut out. */
export const DEFAULT_LOG_BYTES = 256 * 1_024 * 1_024;
/** Room for the head, the mark and the tail of a log that is cut. */
export const MIN_LOG_BYTES = 64 * 1_024;
export const MAX_PRIORITY = 1_000;

/** What a task does when it comes to a lane that is busy. */
export const ADMISSIONS = ["queue", "dropIfRunning", "replace"] as const;
/** What becomes of a task whose parent failed: it waits for the parent's retry, or it is cancelled. */
export const PARENT_FAILURES = ["wait", "cancel"] as const;

/** What the user wants: only a person changes it, and each change is a new generation. */
export const spec = v.strictObject({
  kind,
  /** Higher first. */
  priority: v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(MAX_PRIORITY)),
  resources,
  limits: v.optional(limits),
  /** The lane: its tasks run in the order of their numbers. Absent: it waits for no other. */
  slot: v.optional(slotName),
  /** Absent: it queues. */
  admission: v.optional(v.picklist(ADMISSIONS)),
  /** Of all tasks that have not ended, one bears this key. */
  unique: v.optional(uniqueKey),
  after: v.optional(v.array(dependency)),
  /** Absent: it waits. */
  onParentFailure: v.optional(v.picklist(PARENT_FAILURES)),
  /** On the labels of the supervisor. */
  runnerSelector: v.optional(selector),
  /** Of one attempt; absent means no limit. */
  timeoutMs: v.optional(duration),
  /** Given up when it has waited this long for its first attempt. */
  queueTtlMs: v.optional(duration),
  restart,
  retry,
  backoff,
  stopGraceMs: v.pipe(v.number(), v.integer(), v.minValue(0)),
  logs: v.strictObject({
    separate: v.boolean(),
    maxBytes: v.pipe(v.number(), v.integer(), v.minValue(MIN_LOG_BYTES)),
  }),
  /** The user's earliest start. */
  notBefore: v.optional(instant),
  hold: v.boolean(),
  /** Who is told of its start and its end. */
  on: v.optional(wishes),
});
export type Spec = v.InferOutput<typeof spec>;
