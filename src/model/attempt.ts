import * as v from "valibot";
import { counted } from "../lib/counted.ts";
import { artifactsTotal } from "./artifacts.ts";
import { foundDatasets } from "./dataset.ts";
import { savedCheckpoint } from "./event.ts";
import { timelineEntry } from "./event-summary.ts";
import { type Failure, failure } from "./failure.ts";
import { foundEnd } from "./found-end.ts";
import { instant } from "./identity.ts";
import { jsonObject } from "./job-data.ts";
import { measure } from "./measure.ts";
import { packagesSummary } from "./packages.ts";
import { progress } from "./progress.ts";
import { resources } from "./resources.ts";
import { retryDelay } from "./retry.ts";
import { attemptService } from "./service.ts";
import { trackingFound } from "./tracking.ts";

/** Why stint ends a job; on record before the first signal is sent. */
const STOP_REASONS = [
  "User",
  "Timeout",
  "Shutdown",
  /** The job is to be queued again, as `scontrol requeue` asks. */
  "Requeue",
  "Superseded",
  /** A user ends a service, which has then completed. */
  "Stop",
  /** The service was not used for its `idle`. */
  "Idle",
  /** The `ttl` of the service is over. */
  "Ttl",
  /** The service did not answer in time. */
  "NotReady",
  /** The service does not answer any more. */
  "Unhealthy",
] as const;
const stopIntent = v.strictObject({
  reason: v.picklist(STOP_REASONS),
  requestedAt: instant,
  /** Between the stop signal and KILL; 0 kills at once. */
  graceMs: v.pipe(v.number(), v.integer(), v.minValue(0)),
  actor: v.string(),
  /** What a service last answered, where that is the reason. */
  said: v.optional(v.string()),
});
/** When the job was paused, and the awake time then; with `releases`, its resources are free for other tasks until it is resumed. */
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
  /** Fences off a late writer, and marks the job's processes in their environment. */
  token: v.string(),
  supervisor: v.string(),
  hostBootId: v.string(),
  claimedAt: instant,
  /** The awake time then: the timeout of a job that is adopted before its start was recorded counts from here. */
  claimedAwakeMs: v.optional(v.number()),
  /** How long the task was in the queue before, ready or not: since its submission, its last attempt or the end of its wait. */
  queuedMs: v.optional(v.number()),
  /** Reserved for it. */
  resources,
  /** Its GPUs, by `Device.id`; absent where it has none. */
  devices: v.optional(v.array(v.string())),
  /** The recording parent, which leads its own session and process group; absent until it has started. */
  process: v.optional(v.strictObject({ pid: v.number(), startTime: v.string() })),
  /** When the process started, and the awake time then; see `Clock.awakeMs`. */
  startedAt: v.optional(instant),
  startedAwakeMs: v.optional(v.number()),
  stop: v.optional(stopIntent),
  paused: v.optional(pause),
  /** Total awake time of earlier pauses, which the timeout does not count. */
  pausedMs: v.optional(v.number()),
  /** What its data was found to be, by name. */
  datasets: v.optional(foundDatasets),
  tracking: v.optional(trackingFound),
  /** The limits that this machine could not enforce, by their keys in the task file. */
  unenforced: v.optional(v.array(v.string())),
  /** Set where it is a service. */
  service: v.optional(attemptService),
};

const ended = {
  ...common,
  finishedAt: instant,
  /** Since the start of the process; 0 where none started. */
  durationMs: v.number(),
  /** Null where the job was killed or never ran; 0 alone means success. */
  exitCode: v.nullable(v.number()),
  /** Such as `SIGKILL`; null where it exited. */
  signal: v.nullable(v.string()),
  /** True where the signal was inferred from an exit code over 128. */
  signalInferred: v.optional(v.boolean()),
  /** The end of the output; kept for the last three attempts only. */
  logTail: v.optional(v.string()),
  logBytes: v.optional(v.number()),
  /** Bytes cut out of the middle of the log to keep it under its cap. */
  logBytesCut: v.optional(v.number()),
  /** How many of its processes still ran when it had exited, and were killed; absent for none. */
  leftBehind: v.optional(v.number()),
  /** The peak memory of its control group; absent where it had none. */
  peakMemoryBytes: v.optional(v.number()),
  /** The peak of its largest process; absent where it ended before it was looked at. */
  peakRssBytes: v.optional(v.number()),
  /** Of its processes and all that they waited for; of a container as last seen. */
  cpuMs: v.optional(v.number()),
  /** The results that the job gave, by name; absent for none. Kept for the last three attempts only. */
  outputs: v.optional(jsonObject),
  /** How many outputs are too large for the record, and only in `outputs.json`. */
  outputsLeft: v.optional(v.number()),
  /** What it left in its artifacts folder; absent for nothing. */
  artifacts: v.optional(artifactsTotal),
  /** The Python environment that it ran in; absent where it ran in none, or it was not determined. */
  packages: v.optional(packagesSummary),
  /** What went wrong when its results were collected, a sentence each. */
  notes: v.optional(v.array(v.string())),
  /** The last values of the metrics that the job sent, by name; absent for none. */
  metrics: v.optional(v.record(v.string(), measure)),
  /** The last that the job told of its progress. */
  progress: v.optional(progress),
  /** What the job told, the last entries; kept for the last three attempts only. */
  timeline: v.optional(v.array(timelineEntry)),
  /** The lines of its file of events, where it has one; `bad` and `claimed` are absent for none. */
  events: v.optional(
    v.strictObject({
      lines: v.number(),
      bad: v.optional(v.number()),
      claimed: v.optional(v.number()),
    }),
  ),
  /** What it saved last for its next attempt. */
  checkpoint: v.optional(savedCheckpoint),
};

/** One execution of a task. The last attempt of an active task is `running`; all others have ended. */
export const attempt = v.variant("state", [
  v.strictObject({
    state: v.literal("running"),
    ...common,
    /** Set while it is collecting. */
    found: v.optional(foundEnd),
  }),
  v.strictObject({ state: v.literal("completed"), ...ended }),
  v.strictObject({ state: v.literal("failed"), ...ended, failure, retry: v.optional(retryDelay) }),
  v.strictObject({ state: v.literal("timeout"), ...ended, failure, retry: v.optional(retryDelay) }),
  v.strictObject({ state: v.literal("cancelled"), ...ended, note: v.string() }),
  /** The machine or the supervisor went down under it; counted as an orphan, not as a failure. */
  v.strictObject({ state: v.literal("orphaned"), ...ended, failure, retry: v.optional(retryDelay) }),
]);
export type Attempt = v.InferOutput<typeof attempt>;
export type OpenAttempt = Extract<Attempt, { state: "running" }>;
export type EndedAttempt = Exclude<Attempt, OpenAttempt>;

/** A clause on the processes that the job left running; null where there were none. */
export function describeLeftBehind(of: Attempt): string | null {
  const count = "leftBehind" in of ? (of.leftBehind ?? 0) : 0;
  if (count === 0) return null;
  return `${counted(count, "process", "processes")} left running by the job ${count === 1 ? "was" : "were"} killed`;
}

/** Why the attempt failed; null where it succeeded, still runs, or was cancelled, and where there is none. */
export function failureOfAttempt<F = Failure>(
  of: { readonly state: string; readonly failure?: F } | null | undefined,
): F | null {
  return of?.failure ?? null;
}
