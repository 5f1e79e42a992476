import * as v from "valibot";
import { instant, taskId } from "./identity.ts";
import { spec } from "./spec.ts";
import { labels } from "./task.ts";

/** Which task is meant, so that a request left over from an earlier epoch or version cannot hit a later one. */
const target = v.strictObject({
  id: taskId,
  uid: v.string(),
  epoch: v.number(),
  /** Expected resourceVersion; absent where any will do. */
  version: v.optional(v.number()),
});
export type Target = v.InferOutput<typeof target>;

/** A count, bytes or milliseconds. */
const amount = v.pipe(v.number(), v.integer(), v.minValue(0));
const targets = v.array(target);

/** What a command asks of whoever holds the home. */
const operation = v.variant("verb", [
  v.strictObject({ verb: v.literal("cancel"), targets, force: v.boolean(), pendingOnly: v.boolean() }),
  v.strictObject({ verb: v.literal("retry"), targets }),
  v.strictObject({ verb: v.literal("hold"), targets }),
  v.strictObject({ verb: v.literal("release"), targets }),
  v.strictObject({ verb: v.literal("pause"), targets, releases: v.optional(v.literal(true)) }),
  v.strictObject({ verb: v.literal("resume"), targets }),
  v.strictObject({ verb: v.literal("set"), targets, spec, labels }),
  v.strictObject({
    verb: v.literal("clean"),
    /** What ended longer ago than this. */
    olderThanMs: v.optional(amount),
    /** What is in dead-letter/ too. */
    deadLetter: v.boolean(),
    dryRun: v.boolean(),
    /** All but the newest so many. */
    keep: v.optional(amount),
    /** The oldest, until so many bytes are left. */
    maxBytes: v.optional(amount),
    /** The logs of what ended longer ago than this. */
    logsOlderThanMs: v.optional(amount),
    /** What the jobs made, too, and their checkpoints. */
    artifacts: v.optional(v.boolean()),
  }),
  v.strictObject({ verb: v.literal("requeueStale"), olderThanMs: amount }),
  /** For the holder with this token only: one that was left over must not end the next. */
  v.strictObject({
    verb: v.literal("down"),
    owner: v.string(),
    jobs: v.picklist(["leave", "drain", "stop"]),
  }),
  v.strictObject({ verb: v.literal("handOver"), owner: v.string() }),
  /** From a `run` to another one that holds the home: start my tasks too. */
  v.strictObject({ verb: v.literal("serve"), targets }),
]);
export type Operation = v.InferOutput<typeof operation>;

export const request = v.strictObject({ id: v.string(), at: instant, actor: v.string(), operation });
export type Request = v.InferOutput<typeof request>;

const problemSchema = v.strictObject({
  code: v.string(),
  message: v.string(),
  hint: v.optional(v.string()),
});

/** What became of each target: done (with what was done), or the problem that stood in the way. */
const answer = v.strictObject({
  id: v.string(),
  done: v.optional(v.string()),
  problem: v.optional(problemSchema),
  /** What a clean-up removes of it. */
  bytes: v.optional(v.number()),
  /** What it leaves there of artifacts and checkpoints. */
  keptBytes: v.optional(v.number()),
});
export type Answer = v.InferOutput<typeof answer>;

export const reply = v.strictObject({ id: v.string(), answers: v.array(answer) });
export type Reply = v.InferOutput<typeof reply>;
