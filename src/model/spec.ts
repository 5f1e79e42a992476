import * as v from "valibot";
import { backoff, duration } from "./backoff.ts";
import { instant } from "./identity.ts";
import { kind } from "./kind.ts";
import { resources } from "./resources.ts";
import { restart } from "./restart.ts";
import { retry } from "./retry.ts";

/** Between TERM and KILL. */
export const DEFAULT_GRACE_MS = 30_000;
/** Output kept of one attempt; above it the middle is cut out. */
export const DEFAULT_LOG_BYTES = 256 * 1_024 * 1_024;
/** Room for the head, the mark and the tail of a log that is cut. */
export const MIN_LOG_BYTES = 64 * 1_024;
export const MAX_PRIORITY = 1_000;

/** What the user wants: only a person changes it, and each change is a new generation. */
export const spec = v.strictObject({
  kind,
  /** Higher first. */
  priority: v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(MAX_PRIORITY)),
  resources,
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
});
export type Spec = v.InferOutput<typeof spec>;
