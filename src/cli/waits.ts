import type { Task } from "../model/task.ts";
import { type Wait, waitsIn } from "../plan/waiting.ts";
import type { Layout } from "../store/layout.ts";
import type { Context } from "./context.ts";
import type { Overview } from "./overview.ts";
import { surroundingsSeen } from "./surroundings.ts";
import { shortWait } from "./text/wait.ts";

/** Tells why queued tasks wait, as the plan itself would. */
export async function waitsSeen(
  context: Context,
  layout: Layout,
  { active, queued, owner, isSupervised, silence, obstacle }: Overview,
): Promise<(task: Task) => Wait> {
  const waitOf = waitsIn(await surroundingsSeen(context, layout, [...active, ...queued]), isSupervised);
  return (task) => {
    const wait = waitOf(task);
    // What else is in the way stays in the way when the supervisor goes on.
    if (silence !== null && wait.type === "next") return { type: "silent", by: silence };
    if (wait.type === "next" && isSupervised && obstacle !== null)
      return { type: "obstacle", message: obstacle };
    // A `run` starts its own tasks: one that has room and does not start is not of them.
    return wait.type === "next" && owner?.role === "run" ? { type: "unsupervised" } : wait;
  };
}

/** The same in few words, for a listing. */
export async function shortWaits(
  context: Context,
  layout: Layout,
  overview: Overview,
): Promise<(task: Task) => string> {
  const waitOf = await waitsSeen(context, layout, overview);
  return (task) => shortWait(waitOf(task), context.clock.now());
}
