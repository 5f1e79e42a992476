import * as v from "valibot";
import { artifactsAsked } from "./artifacts.ts";
import { backoff, durationMs } from "./backoff.ts";
import { codeSpec } from "./code.ts";
import { datasetsSchema, PROVENANCES, snapshotId } from "./dataset.ts";
import { instant, slotName, taskId, uniqueKey, workKey } from "./identity.ts";
import { byName, inputSpec, jsonObject, outputSpec } from "./job-data.ts";
import { kind } from "./kind.ts";
import { limits } from "./limits.ts";
import { noticeReceivers } from "./notice.ts";
import { preflight } from "./preflight.ts";
import { resources } from "./resources.ts";
import { restart, retry } from "./retry.ts";
import { selector } from "./selector.ts";
import { service } from "./service.ts";
import { slurm } from "./slurm.ts";
import { stopHow } from "./stop.ts";
import { topicName } from "./topic.ts";
import { trackingAsked } from "./tracking.ts";

/** Which outcome of a parent lets its dependent start; of all parents with `oneOf`, the success of one. */
export const PARENT_ENDS = ["success", "any", "failure", "oneOf"] as const;
export type DependencyEnd = (typeof PARENT_ENDS)[number];

const dependency = v.strictObject({ task: taskId, when: v.picklist(PARENT_ENDS) });
export type Dependency = v.InferOutput<typeof dependency>;

/** The state of a parent; `gone` where its record was removed. */
export type ParentState = "unfinished" | "completed" | "failed" | "cancelled" | "gone";

/** A parent as it was requested: a number, an id or a name, resolved when the task is queued. */
export interface ParentReference {
  readonly reference: string;
  readonly when: DependencyEnd;
}

/** Between the stop signal and KILL. */
export const DEFAULT_GRACE_MS = 30_000;
/** The cap on the log of one attempt; above it, the middle is cut out. */
export const DEFAULT_LOG_BYTES = 256 * 1_024 * 1_024;
/** Enough for the head, the mark and the tail of a cut log. */
export const MIN_LOG_BYTES = 64 * 1_024;
export const MAX_PRIORITY = 1_000;

/** What happens to a task whose lane is busy. */
export const ADMISSIONS = ["queue", "dropIfRunning", "replace"] as const;
/** What happens to a task whose parent failed: it waits for the parent's retry, or is cancelled. */
export const PARENT_FAILURES = ["wait", "cancel"] as const;

/** The desired state: only a user changes it, and each change is a new generation. */
export const spec = v.strictObject({
  kind,
  /** Higher first. */
  priority: v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(MAX_PRIORITY)),
  resources,
  limits: v.optional(limits),
  /** The lane, whose tasks run in the order of their numbers. Absent: no lane. */
  slot: v.optional(slotName),
  /** Default: queue. */
  admission: v.optional(v.picklist(ADMISSIONS)),
  /** Only one unfinished task may have this key. */
  unique: v.optional(uniqueKey),
  /** Of all unfinished and completed tasks only one may have this key. */
  key: v.optional(workKey),
  /** It may run although a task with its key has succeeded. */
  rerun: v.optional(v.boolean()),
  /** It is not run where a task with its inputs, code and data has succeeded; see `reuse.ts`. */
  reuse: v.optional(v.boolean()),
  after: v.optional(v.array(dependency)),
  /** Default: wait. */
  onParentFailure: v.optional(v.picklist(PARENT_FAILURES)),
  /** Matched against the labels of the supervisor. */
  runnerSelector: v.optional(selector),
  /** The timeout of one attempt; absent means none. */
  timeoutMs: v.optional(durationMs),
  /** It fails after waiting this long for its first attempt. */
  queueTtlMs: v.optional(durationMs),
  restart,
  retry,
  backoff,
  stop: v.optional(stopHow),
  /** Between the stop signal and KILL. */
  stopGraceMs: v.pipe(v.number(), v.integer(), v.minValue(0)),
  logs: v.strictObject({
    separate: v.boolean(),
    maxBytes: v.pipe(v.number(), v.integer(), v.minValue(MIN_LOG_BYTES)),
  }),
  /** The earliest start that the user requested. */
  notBefore: v.optional(instant),
  hold: v.boolean(),
  artifacts: v.optional(artifactsAsked),
  /** The receivers of its notices. */
  on: v.optional(noticeReceivers),
  slurm: v.optional(slurm),
  datasets: v.optional(datasetsSchema),
  /** The values of its inputs, by name. */
  inputs: v.optional(jsonObject),
  inputSpecs: v.optional(byName(inputSpec)),
  /** What of the task was written with `${{ inputs.NAME }}`, by its key: filled again where an input is changed. */
  templates: v.optional(jsonObject),
  outputSpecs: v.optional(byName(outputSpec)),
  /** Rules for outputs and metrics, by name: where one holds, a job that exited with 0 has failed. */
  fail: v.optional(byName(v.array(v.string()))),
  snapshot: v.optional(snapshotId),
  /** What must hold before it starts. */
  preflight: v.optional(preflight),
  /** Default: strict. */
  provenance: v.optional(v.picklist(PROVENANCES)),
  /** The feed that gets its events, and texts that go with each of them. */
  topic: v.optional(topicName),
  attributes: v.optional(v.record(v.string(), v.string())),
  code: v.optional(codeSpec),
  /** Set where it is a service. */
  service: v.optional(service),
  tracking: v.optional(trackingAsked),
});
export type Spec = v.InferOutput<typeof spec>;
