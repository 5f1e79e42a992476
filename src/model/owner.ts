import * as v from "valibot";
import { capacity } from "./resources.ts";
import { labels } from "./task.ts";

/** Why a process holds a home's lock: to supervise, for its own tasks, until nothing is left, or for one change. */
const ROLES = ["up", "run", "drain", "command"] as const;
export type Role = (typeof ROLES)[number];

/** Who holds the home's lock: enough to prove later that they are gone. */
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
  /** What it has to give to jobs; absent for one that starts none. */
  capacity: v.optional(capacity),
  /** The controllers that it can enforce limits by; absent for one that starts no jobs. */
  controllers: v.optional(v.array(v.string())),
  /** Of the supervisor, for the selectors of tasks. */
  labels: v.optional(labels),
  /** When it stops starting jobs; absent where it does not. */
  closing: v.optional(v.strictObject({ atMs: v.number(), isFitting: v.boolean() })),
});
export type Owner = v.InferOutput<typeof owner>;

/** A holder from which nothing comes. */
export interface Silence {
  readonly role: Role;
  readonly pid: number;
  /** By a signal, like SIGSTOP or the one of Ctrl-Z; else nobody knows why. */
  readonly isStopped: boolean;
  /** When it last did something. */
  readonly sinceMs: number;
}

/** What a holder that cannot work as it should leaves for readers; `owner` is the token of its lock. */
export const obstacle = v.strictObject({
  owner: v.string(),
  /** Why nothing new starts; absent where that is not so. */
  message: v.optional(v.string()),
  /** Accepted batches that cannot be taken in, and why; the id of a task stands for that one alone, out of a batch that was. */
  stuck: v.optional(v.array(v.strictObject({ batch: v.string(), message: v.string() }))),
});
export type DiskFault = v.InferOutput<typeof obstacle>;
