import * as v from "valibot";
import { backoff, durationMs } from "./backoff.ts";
import { FAILURE_CLASSES, FAILURE_CODES, failureCode } from "./failure.ts";

/** The default number of attempts in a row: one and three retries. */
const DEFAULT_MAX_ATTEMPTS = 4;
/** How often a task may lose its machine or supervisor before it is moved to dead-letter/. */
const DEFAULT_MAX_ORPHANS = 3;

const classOrCode = v.picklist([...FAILURE_CLASSES, ...FAILURE_CODES]);
const attempts = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(1_000_000));

/** What is retried, and how often. */
export const retry = v.strictObject({
  /** Failed attempts in a row after which it is not retried; 0 means no limit. */
  maxAttempts: attempts,
  /**
   * `transient` retries what the failure table marks as transient; `any`, which an explicit number of retries implies, all but the codes
   * that are final.
   */
  scope: v.picklist(["transient", "any"]),
  maxOrphans: attempts,
  /** `never` for jobs that must not start twice, not even after a crash of the machine. */
  onOrphan: v.picklist(["requeue", "never"]),
  onTimeout: v.optional(v.boolean()),
  onCode: v.optional(v.boolean()),
  /** Where `on` or `onExit` is given, exactly what they name is retried, regardless of table and scope. */
  on: v.optional(v.array(classOrCode)),
  onExit: v.optional(v.array(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(255)))),
  /** Never retried; overrides all of the above. */
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

/** The wait that was decided after a failed attempt. */
export const retryDelay = v.strictObject({ baseMs: v.number(), delayMs: v.number(), code: failureCode });

/** The minimum interval of a task that restarts always; a shorter one would be a busy loop. */
export const MIN_INTERVAL_MS = 1_000;

/** When a task runs again: never, after a failure that is retried, or after every success too. */
export const restart = v.variant("policy", [
  v.strictObject({ policy: v.literal("never") }),
  v.strictObject({ policy: v.literal("onFailure") }),
  v.strictObject({
    policy: v.literal("always"),
    intervalMs: v.pipe(durationMs, v.minValue(MIN_INTERVAL_MS)),
  }),
]);
export type Restart = v.InferOutput<typeof restart>;

export const DEFAULT_RESTART: Restart = { policy: "onFailure" };
