import { absenceTeller } from "../desk/absences.ts";
import { EXIT } from "../model/errors.ts";
import { idsOfTasks, type Task } from "../model/task.ts";
import type { Layout } from "../store/layout.ts";
import { awaitTasks, highestExit } from "./await-tasks.ts";
import type { Ended } from "./command-line/declare.ts";
import type { Context } from "./context.ts";
import { followTasks } from "./follow.ts";
import { Interruption } from "./interruption.ts";
import { Ends } from "./text/ends.ts";
import { ProgressLine } from "./text/progress.ts";

/** Waits until submitted tasks have ended, and returns the exit code that mirrors them; `isFollowing` prints their output. */
export async function stay(
  context: Context,
  layout: Layout,
  { tasks, isFollowing, isQuiet }: { tasks: readonly Task[]; isFollowing: boolean; isQuiet: boolean },
): Promise<Ended> {
  const ids = idsOfTasks(tasks);
  const passOn = isFollowing ? followTasks(context, layout, ids) : null;
  const progress = passOn === null && !isQuiet ? new ProgressLine(context) : null;
  const interruption = new Interruption(context);
  const ends = new Ends(context, { count: ids.length, print: context.err, maySum: !isFollowing });
  const tellOfAbsent = absenceTeller(context);
  const awaited = await awaitTasks(context, layout, {
    ids,
    timeoutMs: null,
    isOff: () => interruption.exit !== null || (isFollowing && context.outputEnd() === "closed"),
    onPoll: (open) => {
      passOn?.();
      if (!isQuiet) tellOfAbsent(open);
      progress?.show(open, ids.length);
    },
    onEnd: (task) => {
      passOn?.();
      if (!isQuiet) ends.tell(task);
    },
  });
  progress?.clear();
  ends.finish();
  if ("code" in awaited) return awaited;
  if (interruption.exit !== null) return interruption.exit;
  return awaited.type === "ended" ? highestExit(awaited.tasks) : EXIT.failed;
}
