import type { TaskId } from "../model/identity.ts";
import type { Task } from "../model/task.ts";
import { allot, readyTasks } from "./allot.ts";
import { type Gate, gateOf } from "./gate.ts";
import { standingOf } from "./order.ts";
import { permitsOf } from "./permits.ts";
import { impossibilities, place, type Shortage } from "./place.ts";
import type { Surroundings } from "./snapshot.ts";

/** Why a queued task has not started. */
export type Wait =
  | Exclude<Gate, { type: "open" }>
  /** Nobody is there to start it. */
  | { readonly type: "unsupervised" }
  /** Those who have its lane or come before it in it. */
  | {
      readonly type: "lane";
      readonly slot: string;
      readonly limit: number;
      readonly before: readonly TaskId[];
    }
  /** As many as may run with its label, or of its sweep, are running. */
  | { readonly type: "permit"; readonly key: string; readonly limit: number }
  /** What is short, how many ready tasks have their turn before it, and which one room is kept for. */
  | {
      readonly type: "room";
      readonly short: readonly Shortage[];
      readonly ahead: number;
      readonly keptFor: TaskId | null;
      /** True where this machine could never start it. */
      readonly isHopeless: boolean;
    }
  /** Nothing is in its way. */
  | { readonly type: "next"; readonly devices: readonly string[] };

/** Tells of each queued task the first reason that keeps it waiting, computed as the plan itself would. */
export function waitsIn(around: Surroundings, isSupervised: boolean): (task: Task) => Wait {
  const ready = readyTasks(around);
  return (task) => whyWaiting(task, { around, ready, isSupervised });
}

interface Look {
  readonly around: Surroundings;
  readonly ready: readonly Task[];
  readonly isSupervised: boolean;
}

function whyWaiting(task: Task, { around, ready, isSupervised }: Look): Wait {
  const gate = gateOf(task, around);
  // A wait that ends by itself ends in nothing where nobody is there.
  const isForPeople = gate.type === "held" || gate.type === "dependency";
  if (gate.type !== "open" && (isForPeople || isSupervised)) return gate;
  if (!isSupervised) return { type: "unsupervised" };
  const { machine } = around;
  const found = allot(around, { ready, before: task });
  const lane = task.spec.slot === undefined ? undefined : found.lanes.get(task.spec.slot);
  if (lane !== undefined && !lane.front.has(task)) {
    const before = lane.members.slice(0, lane.members.indexOf(task)).map(({ metadata }) => metadata.id);
    return { type: "lane", slot: lane.slot, limit: lane.limit, before };
  }
  const permit = found.permits.missing(permitsOf(task, machine.policy));
  if (permit !== null) return { type: "permit", ...permit };
  const placed = place(task, found.room, machine);
  if ("placement" in placed) return { type: "next", devices: placed.placement.devices };
  const isHopeless = impossibilities(placed.demand, machine).length > 0;
  const ahead = countAhead(task, { ready, around });
  return { type: "room", short: placed.short, ahead, keptFor: found.keptFor, isHopeless };
}

function countAhead(task: Task, { ready, around }: { ready: readonly Task[]; around: Surroundings }): number {
  const at = { nowMs: around.nowMs, policy: around.machine.policy };
  const own = standingOf(task, at);
  return ready.filter((other) => {
    const theirs = standingOf(other, at);
    return theirs > own || (theirs === own && other.metadata.number < task.metadata.number);
  }).length;
}
