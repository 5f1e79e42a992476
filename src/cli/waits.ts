import type { Overview } from "../desk/overview.ts";
import { planInputSeen } from "../desk/plan-input.ts";
import type { TaskId } from "../model/identity.ts";
import type { Task } from "../model/task.ts";
import { type Wait, waitsIn } from "../plan/waiting.ts";
import { batchMembers, incomingBatches } from "../store/batch.ts";
import type { Layout } from "../store/layout.ts";
import type { Context } from "./context.ts";
import { shortWait } from "./text/wait.ts";

/** Returns why a queued task waits, as the planner decides it. */
export async function waitsSeen(
  context: Context,
  layout: Layout,
  { active, queued, owner, isSupervised, silence, diskFault, stuck }: Overview,
): Promise<(task: Task) => Wait> {
  const waitOf = waitsIn(await planInputSeen(context, layout, [...active, ...queued]), isSupervised);
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

/** The same in short, for a listing. */
export async function shortWaits(
  context: Context,
  layout: Layout,
  overview: Overview,
): Promise<(task: Task) => string> {
  const waitOf = await waitsSeen(context, layout, overview);
  return (task) => shortWait(waitOf(task), context.clock.now());
}

/** Accepted tasks that no supervisor has queued yet. */
function incomingIds(layout: Layout): Set<TaskId> {
  return new Set(incomingBatches(layout).flatMap((batch) => batchMembers(layout, batch)));
}
