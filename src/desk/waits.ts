import type { TaskId } from "../model/identity.ts";
import type { Task } from "../model/task.ts";
import { shutGates } from "../plan/gate.ts";
import type { PlanInput } from "../plan/input.ts";
import { type Wait, waitsIn } from "../plan/waiting.ts";
import { batchMembers, incomingBatches } from "../store/batch.ts";
import type { Layout } from "../store/layout.ts";
import type { Caller } from "./caller.ts";
import type { Overview } from "./overview.ts";
import { planInputSeen } from "./plan-input.ts";

/** Returns why a queued task waits: first the reason that the planner names, then what else would keep it from starting. */
export async function waitsSeen(
  caller: Caller,
  layout: Layout,
  overview: Overview,
): Promise<(task: Task) => Wait[]> {
  const around = await planInputSeen(caller, layout, [...overview.active, ...overview.queued]);
  return allWaits(around, layout, overview);
}

/** The same where the input of the planner is known. */
export function allWaits(around: PlanInput, layout: Layout, overview: Overview): (task: Task) => Wait[] {
  const { isSupervised } = overview;
  const waitOf = waitsAround(around, layout, overview);
  return (task) => {
    const first = waitOf(task);
    const all: Wait[] = [
      ...shutGates(task, around),
      ...(isSupervised ? [] : [{ type: "unsupervised" } as const]),
    ];
    return [first, ...all.filter(({ type }) => type !== first.type)];
  };
}

/** Returns the first reason why a queued task waits. */
export function waitsAround(
  around: PlanInput,
  layout: Layout,
  { owner, isSupervised, silence, diskFault, stuck }: Overview,
): (task: Task) => Wait {
  const waitOf = waitsIn(around, isSupervised);
  const incoming = isSupervised ? incomingIds(layout) : new Set<TaskId>();
  return (task) => {
    const { id } = task.metadata;
    const wait = waitOf(task);
    // Any other reason still holds once the supervisor continues.
    if (silence !== null && wait.type === "next") return { type: "silent", by: silence };
    if (wait.type === "next" && isSupervised && diskFault !== null)
      return { type: "obstacle", message: diskFault };
    if (wait.type === "next" && isSupervised && (stuck.has(id) || incoming.has(id)))
      return { type: "untaken", message: stuck.get(id) ?? null };
    // A `run` starts only its own tasks: one that has room and does not start is not its own.
    return wait.type === "next" && owner?.role === "run" ? { type: "unsupervised" } : wait;
  };
}

/** Accepted tasks that no supervisor has queued yet. */
function incomingIds(layout: Layout): Set<TaskId> {
  return new Set(incomingBatches(layout).flatMap((batch) => batchMembers(layout, batch)));
}
