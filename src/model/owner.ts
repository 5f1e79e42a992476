import * as v from "valibot";
import { capacity } from "./resources.ts";

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
  labels: v.optional(v.record(v.string(), v.string())),
});
export type Owner = v.InferOutput<typeof owner>;
