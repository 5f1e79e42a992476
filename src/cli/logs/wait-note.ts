import { readOverview } from "../../desk/overview.ts";
import { counted } from "../../lib/counted.ts";
import { asLines } from "../../lib/printable.ts";
import type { Task } from "../../model/task.ts";
import type { Layout } from "../../store/layout.ts";
import type { Context } from "../context.ts";

/** Tells a person who follows nothing but queued tasks why no output comes. The planner is loaded only then. */
export async function tellOfQueued(context: Context, layout: Layout, tasks: readonly Task[]): Promise<void> {
  if (!context.isTerminal || tasks.some(({ status }) => status.state !== "queued")) return;
  const { queueSeen } = await import("../waits.ts");
  const queue = await queueSeen(context, layout, readOverview(layout, context.clock.now()));
  const ids = new Set(tasks.map(({ metadata }) => metadata.id));
  // As it is now: it may have started since it was looked up.
  const first = queue.inOrder.find(({ metadata }) => ids.has(metadata.id));
  if (first === undefined) return;
  const others = tasks.length === 1 ? " is" : ` and ${counted(tasks.length - 1, "other")} are`;
  context.err(asLines([`stint: ${first.metadata.id}${others} queued: ${queue.waitOf(first)}`]));
}
