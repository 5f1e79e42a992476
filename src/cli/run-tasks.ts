import type { Holder } from "../daemon/holder.ts";
import { EXIT, MIRROR_EXIT, type Problem } from "../model/errors.ts";
import type { TaskId } from "../model/identity.ts";
import { isTerminal } from "../model/state.ts";
import type { Task } from "../model/task.ts";
import type { Layout } from "../store/layout.ts";
import { lockOwner } from "../store/lock.ts";
import { readTask } from "../store/reader.ts";
import { awaitTasks, highestExit } from "./await-tasks.ts";
import type { Context } from "./context.ts";
import { HAND_OVER_MS } from "./hand-over.ts";
import { perform } from "./perform.ts";
import { holdHome } from "./session.ts";
import { superviseHome } from "./supervising.ts";
import { targetOf } from "./targets.ts";
import { endLine, ProgressLine } from "./text/progress.ts";

const LOOK_MS = 50;

/** What a `run` is given. */
export interface Run {
  readonly layout: Layout;
  readonly tasks: readonly Task[];
  readonly jobs: number | undefined;
  /** Called with each look at the tasks that are open, to pass their output on. */
  readonly onLook?: () => void;
}

/** Sees tasks through: supervises them where nobody else does, shows how far they are, and mirrors their end. */
export async function runTasks(context: Context, run: Run): Promise<number | Problem> {
  const { layout, tasks } = run;
  const ids = tasks.map((task) => task.metadata.id);
  const own = new Set<string>(tasks.map((task) => task.metadata.uid));
  const state = { isOver: false, isCancelled: false };
  context.onSignal((signal) => {
    if (signal === "SIGHUP") state.isOver = true;
    else if (!state.isCancelled) {
      state.isCancelled = true;
      context.err(`\n${signal}: cancelling what was submitted\n`);
      void cancelAll(context, layout, ids);
    }
  });
  const supervising = superviseOwn(context, { ...run, own, isOver: () => state.isOver });
  const progress = new ProgressLine(context);
  const awaited = await awaitTasks(context, layout, {
    ids,
    timeoutMs: null,
    isSupervising: true,
    isOff: () => state.isOver,
    onLook: (open) => {
      run.onLook?.();
      progress.show(open, ids.length);
    },
    onEnd: (task) => {
      run.onLook?.();
      progress.clear();
      context.err(endLine(task, context));
    },
  });
  progress.clear();
  state.isOver = true;
  const trouble = await supervising;
  if ("code" in awaited) return awaited;
  if (trouble !== null) return trouble;
  if (state.isCancelled) return MIRROR_EXIT.cancelled;
  return awaited.type === "ended" ? highestExit(awaited.tasks) : EXIT.failed;
}

/** Holds the home as long as nobody else does and tasks of ours are open; an `up` that asks gets it. */
async function superviseOwn(
  context: Context,
  run: Run & { own: ReadonlySet<string>; isOver: () => boolean },
): Promise<Problem | null> {
  const { layout, own } = run;
  const isOurs = (task: Task): boolean => own.has(task.metadata.uid);
  const hasEnded = (holder: Holder): boolean => ![...holder.tasks.values()].some(isOurs);
  let asked: string | null = null;
  while (!run.isOver()) {
    const owner = lockOwner(layout);
    if (owner !== null) {
      // Another `run` starts only its own tasks unless it is told of ours.
      if (owner.role === "run" && asked !== owner.token) {
        asked = owner.token;
        await perform(context, layout, { verb: "serve", targets: run.tasks.map(targetOf) });
      }
      await Bun.sleep(LOOK_MS);
      continue;
    }
    const opened = await holdHome(context, layout, { role: "run", jobs: run.jobs, mayClaim: isOurs });
    if (!opened.ok && lockOwner(layout) === null) return opened.error;
    if (!opened.ok) continue;
    {
      await using session = opened.value;
      await superviseHome(context, session, {
        settings: null,
        isDone: (holder) => run.isOver() || hasEnded(holder),
      });
      if (session.holder.leaving === null) return null;
    }
    await Bun.sleep(HAND_OVER_MS);
  }
  return null;
}

async function cancelAll(context: Context, layout: Layout, ids: readonly TaskId[]): Promise<void> {
  const open = ids.flatMap((id) => {
    const read = readTask(layout, id);
    return read.ok && !isTerminal(read.value.status.state) ? [targetOf(read.value)] : [];
  });
  await perform(context, layout, { verb: "cancel", targets: open, force: false, pendingOnly: false });
}
