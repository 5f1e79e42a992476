import type { Overview } from "../desk/overview.ts";
import { planInputSeen } from "../desk/plan-input.ts";
import { waitsAround } from "../desk/waits.ts";
import type { Task } from "../model/task.ts";
import { inStartOrder } from "../plan/start-order.ts";
import type { Wait } from "../plan/waiting.ts";
import type { Layout } from "../store/layout.ts";
import type { Context } from "./context.ts";
import { shortWait } from "./text/wait.ts";

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
