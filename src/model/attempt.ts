import * as v from "valibot";
import { type Failure, failure } from "./failure.ts";
import { instant } from "./identity.ts";
import { resources } from "./resources.ts";
import { retryDelay } from "./retry.ts";

/** Why stint itself ends a job; on record before the first signal is sent. */
const STOP_REASONS = ["User", "Timeout", "Shutdown", "Superseded"] as const;
const stopIntent = v.strictObject({
  reason: v.picklist(STOP_REASONS),
  requestedAt: instant,
  /** Zero kills at once. */
  graceMs: v.pipe(v.number(), v.integer(), v.minValue(0)),
  actor: v.string(),
});
/** Since when it stands still, and the machine's awake time then; with `releases`, what was reserved for it is others' meanwhile. */
const pause = v.strictObject({
  at: instant,
  awakeMs: v.number(),
  actor: v.string(),
  releases: v.optional(v.literal(true)),
});
export type StopIntent = v.InferOutput<typeof stopIntent>;

const common = {
  /** `<task id>_att_<number>`. */
  id: v.string(),
  /** 1-based over the whole life of the task, across epochs. */
  number: v.pipe(v.number(), v.integer(), v.minValue(1)),
  generation: v.number(),
  epoch: v.number(),
  /** Fences a late writer off, and marks the job's processes in their environment. */
  token: v.string(),
  supervisor: v.string(),
  hostBootId: v.string(),
  claimedAt: instant,
  /** The machine's awake time then: a job that is adopted before its start was written down is timed from here. */
  claimedAwakeMs: v.optional(v.number()),
  /** What was reserved for it. */
  resources,
  /** The GPUs among that, by `Device.id`; absent where there are none. */
  devices: v.optional(v.array(v.string())),
  /** The job's recording parent, which leads its session and process group; absent until it started. */
  process: v.optional(v.strictObject({ pid: v.number(), startTime: v.string() })),
  /** When the process started, and the machine's awake time then; see `Clock.awakeMs`. */
  startedAt: v.optional(instant),
  startedAwakeMs: v.optional(v.number()),
  stop: v.optional(stopIntent),
  paused: v.optional(pause),
  /** How long it stood still before, in time awake: its timeout does not count that. */
  pausedMs: v.optional(v.number()),
  /** The limits that it ran without, by their names in the task file: this machine could not enforce them. */
  unenforced: v.optional(v.array(v.string())),
};

const ended = {
  ...common,
  finishedAt: instant,
  /** From the start of the process; 0 where none started. */
  durationMs: v.number(),
  /** Null where the job was killed or never ran: 0 means success, nothing else does. */
  exitCode: v.nullable(v.number()),
  /** `SIGKILL`; null where it left by itself. */
  signal: v.nullable(v.string()),
  /** True where the signal was read off an exit code over 128. */
  signalInferred: v.optional(v.boolean()),
  /** The end of the output; of the last three attempts only. */
  logTail: v.optional(v.string()),
  logBytes: v.optional(v.number()),
  /** Bytes cut out of the middle of the log to keep it under its cap. */
  logBytesCut: v.optional(v.number()),
  /** How many processes were still running when it had ended by itself, and were ended then; absent for none. */
  leftBehind: v.optional(v.number()),
  /** The most memory that its control group held; absent where it had none. */
  peakMemoryBytes: v.optional(v.number()),
};

/** One execution of a task. The last one of an active task is `running`; every other has ended. */
export const attempt = v.variant("state", [
  v.strictObject({ state: v.literal("running"), ...common }),
  v.strictObject({ state: v.literal("completed"), ...ended }),
  v.strictObject({ state: v.literal("failed"), ...ended, failure, retry: v.optional(retryDelay) }),
  v.strictObject({ state: v.literal("timeout"), ...ended, failure, retry: v.optional(retryDelay) }),
  v.strictObject({ state: v.literal("cancelled"), ...ended, note: v.string() }),
  /** The machine or the supervisor went away under it; counted as an orphan, not as a failure. */
  v.strictObject({ state: v.literal("orphaned"), ...ended, failure, retry: v.optional(retryDelay) }),
]);
export type Attempt = v.InferOutput<typeof attempt>;
export type OpenAttempt = Extract<Attempt, { state: "running" }>;
export type EndedAttempt = Exclude<Attempt, OpenAttempt>;

/** What became of the processes that it left running; null where there were none. */
export function describeLeftBehind(of: Attempt): string | null {
  const count = "leftBehind" in of ? (of.leftBehind ?? 0) : 0;
  if (count === 0) return null;
  return count === 1
    ? "1 process that it had left running was ended"
    : `${count} processes that it had left running were ended`;
}

/** Why the attempt did not succeed, or null where it did, goes on, or was called off. */
export function failureOfAttempt<F = Failure>(of: {
  readonly state: string;
  readonly failure?: F;
}): F | null {
  return of.failure ?? null;
}
