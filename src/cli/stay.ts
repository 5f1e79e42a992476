import { EXIT } from "../model/errors.ts";
import { idsOfTasks, type Task } from "../model/task.ts";
import type { Layout } from "../store/layout.ts";
import { awaitTasks, highestExit } from "./await-tasks.ts";
import type { Ended } from "./command-line/declare.ts";
import type { Context } from "./context.ts";
import { followTasks } from "./follow.ts";
import { Interruption } from "./interruption.ts";
import { endLine } from "./text/progress.ts";

/** Waits until submitted tasks have ended, and returns the exit code that mirrors them; `isFollowing` prints their output. */
export async function stay(
  context: Context,
  layout: Layout,
  { tasks, isFollowing, isQuiet }: { tasks: readonly Task[]; isFollowing: boolean; isQuiet: boolean },
): Promise<Ended> {
  const ids = idsOfTasks(tasks);
  const passOn = isFollowing ? followTasks(context, layout, ids) : () => {};
  const interruption = new Interruption(context);
  const awaited = await awaitTasks(context, layout, {
    ids,
    timeoutMs: null,
    isOff: () => interruption.exit !== null || (isFollowing && context.outputEnd() === "closed"),
    onPoll: passOn,
    onEnd: (task) => {
      passOn();
      if (!isQuiet) context.err(endLine(task, context));
    },
  });
  if ("code" in awaited) return awaited;
  if (interruption.exit !== null) return interruption.exit;
  return awaited.type === "ended" ? highestExit(awaited.tasks) : EXIT.failed;
}
