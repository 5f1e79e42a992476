import * as v from "valibot";
import { backoff, duration } from "./backoff.ts";
import { FAILURE_CLASSES, FAILURE_CODES, failureCode } from "./failure.ts";

/** Attempts in a row (one and three retries) of a task that says nothing. */
const DEFAULT_MAX_ATTEMPTS = 4;
/** How often a task may lose its machine or supervisor before a human should look. */
const DEFAULT_MAX_ORPHANS = 3;

const classOrCode = v.picklist([...FAILURE_CLASSES, ...FAILURE_CODES]);
const attempts = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(1_000_000));

/** What is retried, and how often. */
export const retry = v.strictObject({
  /** Failed attempts in a row after which it is given up; 0 means never. */
  maxAttempts: attempts,
  /**
   * `transient` retries only what the failure table marks as worth it; `any`, which an explicit number of
   * retries means, all but what can never go better.
   */
  scope: v.picklist(["transient", "any"]),
  maxOrphans: attempts,
  /** `never` for jobs that must not start twice, not even after a crash of the machine. */
  onOrphan: v.picklist(["requeue", "never"]),
  onTimeout: v.optional(v.boolean()),
  onCode: v.optional(v.boolean()),
  /** Where `on` or `onExit` is given, exactly what they name is retried, whatever table and scope say. */
  on: v.optional(v.array(classOrCode)),
  onExit: v.optional(v.array(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(255)))),
  /** Not retried, whatever all the above say. */
  never: v.optional(v.array(classOrCode)),
  perClass: v.optional(
    v.record(
      classOrCode,
      v.strictObject({ maxAttempts: v.optional(attempts), backoff: v.optional(backoff) }),
    ),
  ),
});
export type Retry = v.InferOutput<typeof retry>;

export const DEFAULT_RETRY: Retry = {
  maxAttempts: DEFAULT_MAX_ATTEMPTS,
  scope: "transient",
  maxOrphans: DEFAULT_MAX_ORPHANS,
  onOrphan: "requeue",
};

/** A wait that was decided after a failed attempt. */
export const retryDelay = v.strictObject({
  baseMs: v.number(),
  delayMs: v.number(),
  code: failureCode,
});

/** Between two successes of a task that restarts always; faster would be a busy loop. */
export const MIN_INTERVAL_MS = 1_000;

/** When a task runs again: never, after a failure worth it, or after every success too. */
export const restart = v.variant("policy", [
  v.strictObject({ policy: v.literal("never") }),
  v.strictObject({ policy: v.literal("onFailure") }),
  v.strictObject({
    policy: v.literal("always"),
    intervalMs: v.pipe(duration, v.minValue(MIN_INTERVAL_MS)),
  }),
]);
export type Restart = v.InferOutput<typeof restart>;

export const DEFAULT_RESTART: Restart = { policy: "onFailure" };
