import * as v from "valibot";
import { ERRORS, type ErrorCode } from "../errors.ts";

// The keys are all codes, as `ERRORS` is a literal.
const code = v.picklist(Object.keys(ERRORS) as ErrorCode[]);

/** A refusal: the members of RFC 9457, with the code and the hint of a `Problem`. */
export const problemDetails = v.strictObject({
  /** The page of the help that explains the code: `stint help CODE`. */
  type: v.string(),
  title: v.string(),
  status: v.number(),
  /** What was tried, what is, and what is wanted. */
  detail: v.string(),
  code,
  /** What to do next. */
  hint: v.optional(v.string()),
  /** The faults of a text, for people. */
  faults: v.optional(v.string()),
});
export type ProblemDetails = v.InferOutput<typeof problemDetails>;

/** Some of the log of an attempt. */
export const logWindowSchema = v.strictObject({
  attempt: v.number(),
  /** Where `text` begins, in bytes of the log as it is shown, with secrets hidden. */
  offset: v.number(),
  /** Where the next window begins. */
  next: v.number(),
  text: v.string(),
  /** True where nothing follows: the attempt has ended, and this is the end of its log. */
  isOver: v.boolean(),
  /** True where the log is shorter than the offset, as after a cut: this is its beginning. */
  isRestarted: v.boolean(),
});
export type LogWindow = v.InferOutput<typeof logWindowSchema>;

/** Tasks that were queued, and those that do the same work already. */
export const submitted = v.strictObject({
  tasks: v.array(v.strictObject({ id: v.string(), number: v.number(), name: v.string() })),
  /** What the submitter should know. */
  notes: v.array(v.string()),
});
export type SubmittedAnswer = v.InferOutput<typeof submitted>;

const textFault = v.strictObject({
  line: v.number(),
  column: v.number(),
  message: v.string(),
  hint: v.optional(v.string()),
  /** The line as it is meant. */
  corrected: v.optional(v.string()),
});

/** Whether a text would be queued, and what is wrong with it. */
export const validation = v.strictObject({
  isValid: v.boolean(),
  /** Names of the tasks that it would queue. */
  tasks: v.array(v.string()),
  faults: v.array(textFault),
  /** Why this home would refuse it; absent where the text itself has faults. */
  refused: v.optional(v.strictObject({ code, message: v.string(), hint: v.optional(v.string()) })),
});
export type Validation = v.InferOutput<typeof validation>;

/** Why a task waits, runs or failed. */
export const explanation = v.strictObject({
  id: v.string(),
  state: v.string(),
  /** Why it is queued: first the reason that the planner names, then what else keeps it from starting. */
  waits: v.array(v.looseObject({ type: v.string() })),
  failure: v.nullable(
    v.strictObject({ class: v.string(), code: v.string(), error: v.string(), attempt: v.number() }),
  ),
});
export type Explanation = v.InferOutput<typeof explanation>;

/** The data of an event that is a change on record. */
export const changeEvent = v.strictObject({
  seq: v.number(),
  at: v.string(),
  event: v.string(),
  actor: v.string(),
  task: v.optional(v.string()),
  from: v.optional(v.string()),
  to: v.optional(v.string()),
  version: v.optional(v.number()),
  detail: v.optional(v.string()),
});

const spread = v.nullable(
  v.strictObject({ count: v.number(), p50Ms: v.number(), p95Ms: v.number(), maxMs: v.number() }),
);

/** What is counted over all tasks; the format of `stint stats --json`, without its estimate. */
export const statistics = v.strictObject({
  states: v.record(v.string(), v.number()),
  oldestQueuedMs: v.nullable(v.number()),
  attempts: v.record(v.string(), v.number()),
  failures: v.record(v.string(), v.number()),
  retries: v.number(),
  orphans: v.number(),
  successRate: v.nullable(v.number()),
  ran: spread,
  waited: spread,
  gpuHours: v.strictObject({ total: v.number(), byLabel: v.record(v.string(), v.number()) }),
});

/** The home that is served, and what the token of the request allows. */
export const about = v.strictObject({
  version: v.string(),
  home: v.string(),
  /** The supervisor; null where none runs. */
  supervisor: v.nullable(v.strictObject({ pid: v.number(), since: v.string() })),
  access: v.picklist(["read", "full"]),
});
