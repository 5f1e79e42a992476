import * as v from "valibot";
import { instant } from "./identity.ts";

/** The events with notices: the first attempt of a run, the end of a task, the end of a batch, a sweep whose members are held. */
const NOTICE_EVENTS = ["start", "success", "failure", "deadLetter", "batchEnd", "hold"] as const;
export type NoticeEvent = (typeof NOTICE_EVENTS)[number];

/** The most receivers of one event; more are a mistake. */
export const MAX_RECEIVERS = 16;

const text = v.pipe(v.string(), v.minLength(1));
const webAddress = v.pipe(
  v.string(),
  v.regex(/^https?:\/\/[^\s]+$/, "wanted an address with http:// or https://"),
);

/** The source of a secret value: the name of a variable, or the absolute path of a file with mode 0600. */
const secretPlace = v.union([
  v.strictObject({ env: text }),
  v.strictObject({ file: v.pipe(text, v.startsWith("/")) }),
]);
export type SecretPlace = v.InferOutput<typeof secretPlace>;

/** The recipient of a notice, and how it is delivered. */
const receiver = v.variant("type", [
  v.strictObject({ type: v.literal("command"), argv: v.pipe(v.array(v.string()), v.minLength(1)) }),
  v.strictObject({
    type: v.literal("webhook"),
    /** The address itself may be the secret. */
    url: v.union([webAddress, secretPlace]),
    /** Signs the body. */
    secret: v.optional(secretPlace),
    headers: v.optional(v.record(v.string(), v.union([v.string(), secretPlace]))),
  }),
  v.strictObject({ type: v.literal("ping"), url: v.union([webAddress, secretPlace]) }),
]);
export type Receiver = v.InferOutput<typeof receiver>;
export type Webhook = Extract<Receiver, { type: "webhook" }>;

const receivers = v.pipe(v.array(receiver), v.maxLength(MAX_RECEIVERS));

/** The receivers of each event. */
export const noticeReceivers = v.strictObject({
  start: v.optional(receivers),
  success: v.optional(receivers),
  failure: v.optional(receivers),
  deadLetter: v.optional(receivers),
  batchEnd: v.optional(receivers),
  /** A dead man's switch: pinged at the start, the success and the failure. */
  ping: v.optional(receivers),
});
export type NoticeReceivers = v.InferOutput<typeof noticeReceivers>;

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
  /** Absolute path; null before the first attempt. */
  logPath: v.nullable(v.string()),
  labels: v.record(v.string(), v.string()),
  batch: v.nullable(v.string()),
  cwd: v.string(),
});
export type NoticeFacts = v.InferOutput<typeof facts>;

/** One notice for one receiver, as it waits in `notices/`. */
export const notice = v.strictObject({
  formatVersion: v.literal(1),
  /** The same for each delivery attempt, so that a receiver can drop duplicates. */
  id: v.pipe(v.string(), v.regex(/^[\w.-]+$/)),
  event: v.picklist(NOTICE_EVENTS),
  at: instant,
  receiver,
  /** Where it is configured; a task's own receivers may use the submitter's variables. */
  origin: v.picklist(["task", "home"]),
  /** Hash of the captured environment. */
  environment: v.optional(v.string()),
  /** The id of the run for dead man's switches: a UUID, the same at its start and its end. */
  runId: v.string(),
  task: facts,
  counts: v.optional(counts),
  /** Masked. */
  logTail: v.string(),
  tries: v.number(),
  lastError: v.optional(v.string()),
});
export type Notice = v.InferOutput<typeof notice>;

/** The notice settings of config.yaml. */
export interface NoticeRules {
  readonly on: NoticeReceivers;
  /** For webhooks and pings; a command that fails is started at most three times. */
  readonly maxTries: number;
  /** Before the second try, in ms; doubled for each further one. */
  readonly firstWaitMs: number;
  /** For one response over the network, in ms. */
  readonly timeoutMs: number;
  /** For one command, in ms; then it is killed with its process tree. */
  readonly commandTimeoutMs: number;
}

/** With doubled waits of at most 15 minutes, twenty tries span two and a half hours. */
export const DEFAULT_NOTICE_RULES: NoticeRules = {
  on: {},
  maxTries: 20,
  firstWaitMs: 1_000,
  timeoutMs: 10_000,
  commandTimeoutMs: 60_000,
};
