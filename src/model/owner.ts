import * as v from "valibot";
import { capacity } from "./resources.ts";
import { labels } from "./task.ts";

/** Why a process holds a home's lock: to supervise, for its own tasks, until the queue is drained, or for one change. */
const ROLES = ["up", "run", "drain", "command"] as const;
export type Role = (typeof ROLES)[number];

/** The owner of the home's lock, with enough to prove later that the process has ended. */
export const owner = v.strictObject({
  token: v.string(),
  role: v.picklist(ROLES),
  host: v.string(),
  machineId: v.string(),
  bootId: v.string(),
  pidNamespace: v.string(),
  pid: v.number(),
  startTime: v.string(),
  since: v.string(),
  /** The resources for its jobs; absent for one that starts none. */
  capacity: v.optional(capacity),
  /** The cgroup controllers by which it can enforce limits; absent for one that starts no jobs. */
  controllers: v.optional(v.array(v.string())),
  /** The supervisor's labels, which the selectors of tasks match. */
  labels: v.optional(labels),
  /** When it stops starting jobs; absent where it does not. */
  closing: v.optional(v.strictObject({ atMs: v.number(), isFitting: v.boolean() })),
});
export type Owner = v.InferOutput<typeof owner>;

/** An owner of the lock that does not respond. */
export interface Silence {
  readonly role: Role;
  readonly pid: number;
  /** Stopped by a signal such as SIGSTOP or Ctrl-Z; otherwise the cause is unknown. */
  readonly isStopped: boolean;
  /** Its last sign of life, in ms since the epoch. */
  readonly sinceMs: number;
}

/** What a degraded supervisor publishes for readers; `owner` is the token of its lock. */
export const diskFault = v.strictObject({
  owner: v.string(),
  /** Why no job is started; absent where jobs are. */
  message: v.optional(v.string()),
  /** Accepted batches that cannot be published to `pending/`, and why; a task's id stands for that one task of a published batch. */
  stuck: v.optional(v.array(v.strictObject({ batch: v.string(), message: v.string() }))),
});
export type DiskFault = v.InferOutput<typeof diskFault>;
