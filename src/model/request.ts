import * as v from "valibot";
import { signalNumber } from "./evidence.ts";
import { instant, taskId, taskName } from "./identity.ts";
import { bounds } from "./overrides.ts";
import { criteria } from "./query.ts";
import { spec } from "./spec.ts";
import { labels } from "./task.ts";

/** Identifies a task so that a stale request, of an earlier epoch or version, cannot change a later one. */
const target = v.strictObject({
  id: taskId,
  uid: v.string(),
  epoch: v.number(),
  /** The expected resourceVersion; absent accepts any. */
  version: v.optional(v.number()),
  /** The attempt that is meant; absent for any. */
  attempt: v.optional(v.number()),
  /** What `retry --set` makes of it, in the same change of the record. */
  edit: v.optional(v.strictObject({ spec, labels })),
});
export type Target = v.InferOutput<typeof target>;

/** A count, bytes or milliseconds. */
const amount = v.pipe(v.number(), v.integer(), v.minValue(0));
const targets = v.array(target);

/** Answers what would be done, and changes nothing. */
const dryRun = v.optional(v.literal(true));

/** What a command requests of the owner of the home's lock. */
const operation = v.variant("verb", [
  v.strictObject({ verb: v.literal("cancel"), targets, force: v.boolean(), pendingOnly: v.boolean() }),
  /** Services that serve: what they did was a success. */
  v.strictObject({ verb: v.literal("complete"), targets }),
  /** Sent to the jobs of these attempts, without any change of the tasks. */
  v.strictObject({
    verb: v.literal("signal"),
    targets,
    signal: v.pipe(
      v.string(),
      v.check((name) => signalNumber(name) !== null),
    ),
    /** Not the first process of a job, unless it has no other: as Slurm, which leaves the script alone. */
    to: v.optional(v.literal("others")),
  }),
  v.strictObject({ verb: v.literal("retry"), targets, dryRun }),
  /** Active tasks are stopped and queued again, and nothing of that counts as a failure. */
  v.strictObject({ verb: v.literal("requeue"), targets }),
  v.strictObject({ verb: v.literal("hold"), targets }),
  v.strictObject({ verb: v.literal("release"), targets }),
  v.strictObject({
    verb: v.literal("move"),
    targets,
    dryRun,
    where: v.variant("type", [
      v.strictObject({ type: v.picklist(["before", "after"]), anchor: target }),
      v.strictObject({ type: v.picklist(["top", "bottom"]) }),
    ]),
  }),
  v.strictObject({ verb: v.literal("pause"), targets, releases: v.optional(v.literal(true)) }),
  v.strictObject({ verb: v.literal("resume"), targets }),
  v.strictObject({ verb: v.literal("set"), targets, spec, labels, dryRun }),
  v.strictObject({
    verb: v.literal("clean"),
    /** Only these tasks; of those named, without another rule, all. */
    named: v.optional(targets),
    /** Only tasks that match. */
    query: v.optional(criteria),
    /** Tasks that ended longer ago than this. */
    olderThanMs: v.optional(amount),
    /** Include dead-letter/. */
    deadLetter: v.boolean(),
    dryRun: v.boolean(),
    /** All but this many of the newest. */
    keep: v.optional(amount),
    /** The oldest, until no more than this many bytes are left. */
    maxBytes: v.optional(amount),
    /** Logs of tasks that ended longer ago than this. */
    logsOlderThanMs: v.optional(amount),
    /** Include the files that jobs wrote, and checkpoints. */
    artifacts: v.optional(v.boolean()),
    checkpoints: v.optional(v.boolean()),
  }),
  /** Of the whole queue: nothing starts, or tasks start again. */
  v.strictObject({ verb: v.literal("pauseQueue") }),
  v.strictObject({ verb: v.literal("resumeQueue") }),
  /** Limits at run time: lasting, or until the owner of the lock ends. */
  v.strictObject({ verb: v.literal("limit"), bounds, isLasting: v.boolean() }),
  v.strictObject({ verb: v.literal("resetLimits") }),
  /** Only the group with this id: a later one may have the same name. */
  v.strictObject({ verb: v.literal("closeGroup"), name: taskName, group: v.string() }),
  v.strictObject({ verb: v.literal("requeueStale"), olderThanMs: amount }),
  /** Only for the lock owner with this token: a stale request must not stop the next supervisor. */
  v.strictObject({
    verb: v.literal("down"),
    owner: v.string(),
    jobs: v.picklist(["leave", "drain", "stop"]),
  }),
  v.strictObject({ verb: v.literal("handOver"), owner: v.string() }),
  /** From a `run` to another `run` that holds the lock: start my tasks too. */
  v.strictObject({ verb: v.literal("serve"), targets }),
]);
export type Operation = v.InferOutput<typeof operation>;

export const request = v.strictObject({ id: v.string(), at: instant, actor: v.string(), operation });
export type Request = v.InferOutput<typeof request>;

const problemSchema = v.strictObject({ code: v.string(), message: v.string(), hint: v.optional(v.string()) });

/** The result for one target: `done` with what was done, or the problem, or why it was `kept`. */
export const answer = v.strictObject({
  id: v.string(),
  done: v.optional(v.string()),
  problem: v.optional(problemSchema),
  /** Why a clean-up did not remove it, although its rules would, and what to do. */
  kept: v.optional(v.strictObject({ why: v.string(), hint: v.string() })),
  /** Bytes that a clean-up removes. */
  bytes: v.optional(v.number()),
  /** Bytes of artifacts and checkpoints that it leaves. */
  keptBytes: v.optional(v.number()),
});
export type Answer = v.InferOutput<typeof answer>;

export const reply = v.strictObject({ id: v.string(), answers: v.array(answer) });
export type Reply = v.InferOutput<typeof reply>;
