import type { Capacity } from "../model/resources.ts";
import type { Task } from "../model/task.ts";
import { type Gate, gateOf } from "./gate.ts";
import { byTurn } from "./order.ts";
import { allot, type Shortage, shortages } from "./place.ts";

/** Why a queued task has not started. */
export type Wait =
  | Exclude<Gate, { type: "open" }>
  /** Nobody is there to start it. */
  | { readonly type: "unsupervised" }
  /** What is short, and how many ready tasks have their turn before it. */
  | { readonly type: "room"; readonly short: readonly Shortage[]; readonly ahead: number }
  /** Nothing is in its way. */
  | { readonly type: "next" };

/** What a reader knows of the queue. */
export interface Surroundings {
  readonly nowMs: number;
  readonly queued: readonly Task[];
  readonly active: readonly Task[];
  /** What the supervisor has to give, or null where there is none. */
  readonly capacity: Capacity | null;
}

/** The first reason that keeps a queued task waiting, computed as the plan itself would. */
export function whyWaiting(task: Task, around: Surroundings): Wait {
  const gate = gateOf(task, around.nowMs);
  // A wait that ends by itself ends in nothing where nobody is there.
  if (gate.type === "held" || (gate.type !== "open" && around.capacity !== null)) return gate;
  if (around.capacity === null) return { type: "unsupervised" };
  const { capacity, active, nowMs } = around;
  const before = around.queued.filter(
    (other) => byTurn(other, task) < 0 && gateOf(other, nowMs).type === "open",
  );
  const short = shortages(task.spec.resources, allot(before, { active, capacity }).room, capacity);
  return short.length === 0 ? { type: "next" } : { type: "room", short, ahead: before.length };
}
