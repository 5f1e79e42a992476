import { pid } from "node:process";
import { hostname } from "node:os";
import * as v from "valibot";
import { timestamp } from "../lib/clock.ts";
import { bootId, isAlive, machineId, pidNamespace, startTimeOf } from "../lib/host.ts";
import { uuid } from "../lib/random.ts";
import { type Capacity, capacity } from "../model/resources.ts";

export const ROLES = ["up", "run", "drain", "command"] as const;
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
});
export type Owner = v.InferOutput<typeof owner>;

/** This process as an owner. */
export function thisProcess(role: Role, { nowMs, offered }: { readonly nowMs: number; readonly offered: Capacity | null }): Owner {
  return {
    ...(offered !== null && { capacity: offered }),
    token: uuid(),
    role,
    host: hostname(),
    machineId: machineId(),
    bootId: bootId(),
    pidNamespace: pidNamespace(),
    pid,
    startTime: startTimeOf(pid) ?? "unknown",
    since: timestamp(nowMs),
  };
}

/** What can be said of an owner from here. */
export type Vitality = "alive" | "dead" | "unknown";

/** Dead only where that is certain: another boot of this machine, or no such process in this namespace. */
export function vitalityOf(of: Owner): Vitality {
  if (of.machineId !== machineId()) return "unknown";
  if (of.bootId !== bootId()) return "dead";
  if (of.pidNamespace !== pidNamespace()) return "unknown";
  return isAlive(of) ? "alive" : "dead";
}
