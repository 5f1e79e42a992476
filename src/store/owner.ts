import { hostname } from "node:os";
import { pid } from "node:process";
import { timestamp } from "../lib/clock.ts";
import { bootId, isAlive, machineId, pidNamespace, startTimeOf } from "../lib/host.ts";
import { uuid } from "../lib/random.ts";
import type { Owner, Role } from "../model/owner.ts";

/** What the owner of the lock offers to jobs. */
export type Offer = Pick<Owner, "capacity" | "labels" | "controllers" | "closing">;

export function thisProcess(
  role: Role,
  { nowMs, offered }: { readonly nowMs: number; readonly offered: Offer | null },
): Owner {
  return {
    ...(offered?.capacity !== undefined && { capacity: offered.capacity }),
    ...(offered?.labels !== undefined && { labels: offered.labels }),
    ...(offered?.controllers !== undefined && { controllers: offered.controllers }),
    ...(offered?.closing !== undefined && { closing: offered.closing }),
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

/** Whether an owner is alive, as far as this process can tell. */
export type Liveness = "alive" | "dead" | "unknown";

/** Dead only where that is certain: the machine was booted since, or there is no such process in this pid namespace. */
export function livenessOf(of: Owner): Liveness {
  if (of.machineId !== machineId()) return "unknown";
  if (of.bootId !== bootId()) return "dead";
  if (of.pidNamespace !== pidNamespace()) return "unknown";
  return isAlive(of) ? "alive" : "dead";
}
