import type { Overview } from "../desk/overview.ts";
import { planInputSeen } from "../desk/plan-input.ts";
import type { TaskId } from "../model/identity.ts";
import type { Task } from "../model/task.ts";
import { shutGates } from "../plan/gate.ts";
import type { PlanInput } from "../plan/input.ts";
import { inStartOrder } from "../plan/start-order.ts";
import { type Wait, waitsIn } from "../plan/waiting.ts";
import { batchMembers, incomingBatches } from "../store/batch.ts";
import type { Layout } from "../store/layout.ts";
import type { Context } from "./context.ts";
import { shortWait } from "./text/wait.ts";

/** Returns why a queued task waits: first the reason that the planner names, then what else would keep it from starting. */
export async function waitsSeen(
  context: Context,
  layout: Layout,
  overview: Overview,
): Promise<(task: Task) => Wait[]> {
  const { active, queued, isSupervised } = overview;
  const around = await planInputSeen(context, layout, [...active, ...queued]);
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

/** The queued tasks as the planner sees them. */
export interface QueueSeen {
  /** In the order in which they are expected to start. */
  readonly inOrder: readonly Task[];
  /** Why one waits, in short. */
  readonly waitOf: (task: Task) => string;
  /** Why the first of them wait. */
  readonly waits: () => Wait[];
}

/** Of a longer queue, the tasks behind these wait for the same. */
const MOST_ASKED = 1_000;

/** For a listing: the order of the queued tasks, and why they wait. */
export async function queueSeen(context: Context, layout: Layout, overview: Overview): Promise<QueueSeen> {
  const around = await planInputSeen(context, layout, [...overview.active, ...overview.queued]);
  const inOrder = inStartOrder(around);
  let known: ((task: Task) => Wait) | null = null;
  // Of a long queue, this costs more than the order.
  const waitOf = (task: Task): Wait => (known ??= waitsAround(around, layout, overview))(task);
  return {
    inOrder,
    waitOf: (task) => shortWait(waitOf(task), around.nowMs),
    waits: () => inOrder.slice(0, MOST_ASKED).map(waitOf),
  };
}

function waitsAround(
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
