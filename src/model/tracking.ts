import * as v from "valibot";
import type { AnyMode } from "./kind.ts";

/*
 * The trackers that a task's program writes to, as it asks for them (`tracking:`), and what an attempt has with each. Nothing of a tracker
 * fails a task: what does not work is a note of the attempt.
 */

export const MLFLOW_MODES = ["local", "off"] as const;
export const WANDB_MODES = ["offline", "online", "disabled", "off"] as const;
export const TENSORBOARD_MODES = ["local", "off"] as const;

/** The address of a tracking server. It has no user and no password: these are secrets, which a variable of `envFrom` gives. */
export const SERVER = /^https?:\/\/[^\s@/?#]+(?:\/\S*)?$/;

export const MAX_TRACKER_NAME = 200;
/** The name of an experiment, project or entity. */
const name = v.pipe(v.string(), v.minLength(1), v.maxLength(MAX_TRACKER_NAME));

const mlflow = v.strictObject({
  mode: v.union([v.picklist(MLFLOW_MODES), v.pipe(v.string(), v.regex(SERVER))]),
  /** Default: that of the submitter's environment, else the name of the sweep or task. */
  experiment: v.optional(name),
});
export type MlflowAsked = v.InferOutput<typeof mlflow>;

const wandb = v.strictObject({
  mode: v.picklist(WANDB_MODES),
  project: v.optional(name),
  entity: v.optional(name),
});
export type WandbAsked = v.InferOutput<typeof wandb>;

const tensorboard = v.strictObject({ mode: v.picklist(TENSORBOARD_MODES) });
export type TensorboardAsked = v.InferOutput<typeof tensorboard>;

/** Of a spec; an absent tracker, and one that is off, gets nothing. */
export const trackingAsked = v.strictObject({
  mlflow: v.optional(mlflow),
  wandb: v.optional(wandb),
  tensorboard: v.optional(tensorboard),
});
export type TrackingAsked = v.InferOutput<typeof trackingAsked>;

/** What a task asks of one tracker; null for nothing. */
export function trackerAsked<T extends keyof TrackingAsked>(
  asked: TrackingAsked | undefined,
  tracker: T,
): NonNullable<TrackingAsked[T]> | null {
  const found = asked?.[tracker];
  return found === undefined || found.mode === "off" ? null : found;
}

/** What an attempt has with its trackers. */
export const trackingFound = v.strictObject({
  mlflow: v.optional(
    v.strictObject({
      /** `local`, or the address of the server. */
      store: v.string(),
      experimentId: v.string(),
      /** The run that heads the sweep. */
      parentRunId: v.optional(v.string()),
      /** The last run that the job began. */
      runId: v.optional(v.string()),
      /** The page of the run or experiment; absent for a local store. */
      url: v.optional(v.string()),
    }),
  ),
  wandb: v.optional(v.strictObject({ id: v.string(), project: v.optional(v.string()) })),
  tensorboard: v.optional(v.strictObject({ dir: v.string() })),
  /** What did not work, a sentence each. */
  notes: v.optional(v.array(v.string())),
});
export type TrackingFound = v.InferOutput<typeof trackingFound>;

/** Both in one: the notes of both, and of each tracker what was found last. */
export function mergedTracking(
  before: TrackingFound | undefined,
  found: TrackingFound | undefined,
): TrackingFound | undefined {
  const notes = [...new Set([...(before?.notes ?? []), ...(found?.notes ?? [])])];
  const merged = { ...before, ...found, ...(notes.length > 0 && { notes }) };
  return Object.keys(merged).length === 0 ? undefined : merged;
}

/** What is to be prepared for the trackers of an attempt. */
export const trackingOrder = v.strictObject({
  /** What is known not to work. */
  notes: v.array(v.string()),
  mlflow: v.optional(
    v.strictObject({
      /** `local`, or the address of a server. */
      store: v.string(),
      /** Where the local store is. */
      folder: v.string(),
      experiment: v.string(),
      /** Whether the job is told the id of the experiment: the user may have named another one. */
      tellsId: v.boolean(),
      /** The tags of the runs of the job; null where the user has set them. */
      context: v.nullable(v.record(v.string(), v.string())),
      /** The run that heads the sweep: what it is found by, and its name. */
      parent: v.optional(v.strictObject({ sweep: v.string(), name: v.string() })),
      /** Of the job: what tells its Python. */
      cwd: v.string(),
      mode: v.custom<AnyMode>((value) => typeof value === "object" && value !== null),
    }),
  ),
});
export type TrackingOrder = v.InferOutput<typeof trackingOrder>;
export type MlflowOrder = NonNullable<TrackingOrder["mlflow"]>;
