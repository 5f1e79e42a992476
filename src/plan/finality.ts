import type { Capacity } from "../model/resources.ts";
import type { Task } from "../model/task.ts";
import { gateOf } from "./gate.ts";
import { shortages } from "./place.ts";

/** Why a drain does not wait for a queued task; null where it does. */
export function reasonNotToWait(task: Task, nowMs: number, capacity: Capacity): string | null {
  const gate = gateOf(task, nowMs);
  if (gate.type === "held") return "held";
  if (gate.type === "scheduled") return `not before ${new Date(gate.untilMs).toISOString()}`;
  if (task.spec.restart.policy === "always") return "restarts always";
  const short = shortages(task.spec.resources, capacity, capacity)[0];
  return short === undefined
    ? null
    : `wants ${short.wanted} ${short.resource}, this machine has ${short.total}`;
}
