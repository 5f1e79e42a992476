import * as v from "valibot";
import { instant } from "./identity.ts";

/** What news can be of: an attempt that is the first of its run, the end of a task, and the end of what was queued together. */
const NOTICE_EVENTS = ["start", "success", "failure", "deadLetter", "batchEnd"] as const;
export type NoticeEvent = (typeof NOTICE_EVENTS)[number];

/** Receivers of one event; more are a slip of the finger. */
export const MAX_RECEIVERS = 16;

const text = v.pipe(v.string(), v.minLength(1));
const webAddress = v.pipe(
  v.string(),
  v.regex(/^https?:\/\/[^\s]+$/, "wanted an address with http:// or https://"),
);

/** Where a value stands that no record may hold: a variable's name, or the absolute path of a file of mode 0600. */
const secretPlace = v.union([
  v.strictObject({ env: text }),
  v.strictObject({ file: v.pipe(text, v.startsWith("/")) }),
]);
export type SecretPlace = v.InferOutput<typeof secretPlace>;

/** Who is told, and how. */
const receiver = v.variant("type", [
  v.strictObject({ type: v.literal("command"), argv: v.pipe(v.array(v.string()), v.minLength(1)) }),
  v.strictObject({
    type: v.literal("webhook"),
    /** The address itself may be the secret. */
    url: v.union([webAddress, secretPlace]),
    /** Signs what is sent. */
    secret: v.optional(secretPlace),
    headers: v.optional(v.record(v.string(), v.union([v.string(), secretPlace]))),
  }),
  v.strictObject({ type: v.literal("ping"), url: v.union([webAddress, secretPlace]) }),
]);
export type Receiver = v.InferOutput<typeof receiver>;
export type Webhook = Extract<Receiver, { type: "webhook" }>;

const receivers = v.pipe(v.array(receiver), v.maxLength(MAX_RECEIVERS));

/** Who is told of what; each list may be missing. */
export const wishes = v.strictObject({
  start: v.optional(receivers),
  success: v.optional(receivers),
  failure: v.optional(receivers),
  deadLetter: v.optional(receivers),
  batchEnd: v.optional(receivers),
  /** A dead-man switch: told of the start, the success and the failure. */
  ping: v.optional(receivers),
});
export type NoticeWishes = v.InferOutput<typeof wishes>;

const counts = v.strictObject({
  total: v.number(),
  completed: v.number(),
  failed: v.number(),
  cancelled: v.number(),
});
export type BatchCounts = v.InferOutput<typeof counts>;

const facts = v.strictObject({
  id: v.string(),
  uid: v.string(),
  name: v.string(),
  number: v.number(),
  state: v.string(),
  reason: v.nullable(v.string()),
  failureCode: v.nullable(v.string()),
  failureClass: v.nullable(v.string()),
  error: v.nullable(v.string()),
  exitCode: v.nullable(v.number()),
  signal: v.nullable(v.string()),
  attempt: v.number(),
  /** Of the last attempt. */
  durationMs: v.nullable(v.number()),
  /** Absolute; null before the first attempt. */
  logPath: v.nullable(v.string()),
  labels: v.record(v.string(), v.string()),
  /** What was queued together with it. */
  batch: v.nullable(v.string()),
  cwd: v.string(),
});
export type NoticeFacts = v.InferOutput<typeof facts>;

/** One piece of news for one receiver, as it waits in `notices/`. */
export const notice = v.strictObject({
  formatVersion: v.literal(1),
  /** The same each time that it is sent, so that a receiver can drop a double. */
  id: v.pipe(v.string(), v.regex(/^[\w.-]+$/)),
  event: v.picklist(NOTICE_EVENTS),
  at: instant,
  receiver,
  /** Where it was wished for: the task's own finds the submitter's variables. */
  origin: v.picklist(["task", "home"]),
  /** Hash of the captured environment. */
  environment: v.optional(v.string()),
  /** Names the run for dead-man switches; a UUID, equal at its start and its end. */
  runId: v.string(),
  task: facts,
  counts: v.optional(counts),
  /** Masked. */
  logTail: v.string(),
  tries: v.number(),
  lastError: v.optional(v.string()),
});
export type Notice = v.InferOutput<typeof notice>;

/** What config.yaml says of notices. */
export interface NoticeRules {
  readonly on: NoticeWishes;
  /** Of webhooks and pings; a command that fails is started at most three times. */
  readonly maxTries: number;
  /** Before the second try, in ms; doubled with each further one. */
  readonly firstWaitMs: number;
  /** For one answer over the network, in ms. */
  readonly timeoutMs: number;
  /** For one command, in ms; then it is killed with its tree. */
  readonly commandTimeoutMs: number;
}

/** With its doubled waits (at most 15 minutes), twenty tries last for two and a half hours. */
export const DEFAULT_NOTICE_RULES: NoticeRules = {
  on: {},
  maxTries: 20,
  firstWaitMs: 1_000,
  timeoutMs: 10_000,
  commandTimeoutMs: 60_000,
};
