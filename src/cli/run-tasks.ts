import type { Supervisor } from "../daemon/supervisor.ts";
import { HAND_OVER_MS } from "../desk/hand-over.ts";
import { requestOperation } from "../desk/request-operation.ts";
import { holdHome } from "../desk/session.ts";
import { superviseHome } from "../desk/supervising.ts";
import { silenceLines } from "../desk/text/silence.ts";
import { asLines } from "../lib/printable.ts";
import { EXIT, MIRROR_EXIT, type Problem } from "../model/errors.ts";
import type { TaskId } from "../model/identity.ts";
import type { NoticeRules } from "../model/notice.ts";
import { isTerminal } from "../model/state.ts";
import type { Task } from "../model/task.ts";
import type { SchedulingConfig } from "../plan/input.ts";
import type { Layout } from "../store/layout.ts";
import { lockOwner } from "../store/lock-owner.ts";
import { readTask } from "../store/reader.ts";
import { silenceOf } from "../store/silence.ts";
import { awaitTasks, highestExit } from "./await-tasks.ts";
import type { Context } from "./context.ts";
import { targetOf } from "./targets.ts";
import { endLine, ProgressLine } from "./text/progress.ts";

const LOOK_MS = 50;

/** What a `run` is given. */
export interface Run {
  readonly layout: Layout;
  readonly tasks: readonly Task[];
  readonly scheduling: SchedulingConfig;
  readonly notices: NoticeRules;
  /** Called with each look at the tasks that are open, to pass their output on. */
  readonly onLook?: () => void;
}

/** Sees tasks through: supervises them where nobody else does, shows how far they are, and mirrors their end. */
export async function runTasks(context: Context, run: Run): Promise<number | Problem> {
  const { layout, tasks } = run;
  const ids = tasks.map((task) => task.metadata.id);
  const own = new Set<string>(tasks.map((task) => task.metadata.uid));
  const state: RunState = { isOver: false, isUnheard: false, trouble: null, signal: null };
  context.onSignal((signal) => {
    const isSecond = state.signal !== null;
    state.signal = signal;
    // A hang-up leaves the jobs; so does whoever asks twice.
    if (signal === "SIGHUP" || isSecond) state.isOver = true;
    else {
      context.err(`\n${signal}: cancelling what was submitted\n`);
      cancelAll(context, layout, ids).catch((error: unknown) =>
        context.err(`Cannot cancel: ${String(error)}\n`),
      );
      // The request lies there now: whoever is stopped obeys it when it goes on, and until then nobody answers.
      const silence = silenceOf(layout, lockOwner(layout), context.clock.now());
      if (silence === null) return;
      const [what, advice] = silenceLines(silence, context.clock.now());
      context.err(asLines([`stint: ${what} It cancels what was submitted when it goes on.`, `  ${advice}`]));
      state.isUnheard = true;
      state.isOver = true;
    }
  });
  const supervising = superviseOwn(context, { ...run, own, state });
  const progress = new ProgressLine(context);
  const awaited = await awaitTasks(context, layout, {
    ids,
    timeoutMs: null,
    isSupervising: true,
    isOff: () => state.isOver,
    onLook: (open) => {
      run.onLook?.();
      // The job's own output is its progress; a line of ours in between would spoil both.
      if (run.onLook === undefined) progress.show(open, ids.length);
    },
    onEnd: (task) => {
      run.onLook?.();
      progress.clear();
      context.err(endLine(task, context));
    },
  });
  progress.clear();
  state.isOver = true;
  if (!state.isUnheard) await supervising;
  if ("code" in awaited) return awaited;
  if (state.trouble !== null) return state.trouble;
  if (state.signal === "SIGHUP") return HANG_UP_EXIT;
  if (state.signal !== null) return MIRROR_EXIT.cancelled;
  return awaited.type === "ended" ? highestExit(awaited.tasks) : EXIT.failed;
}

/** 128 + 1: as a shell reports who was ended by SIGHUP. */
const HANG_UP_EXIT = 129;

interface RunState {
  isOver: boolean;
  /** The supervisor beside which it waits does nothing. */
  isUnheard: boolean;
  /** Why this process cannot supervise. */
  trouble: Problem | null;
  signal: "SIGINT" | "SIGTERM" | "SIGHUP" | null;
}

/** Holds the home as long as nobody else does and tasks of ours are open; an `up` that asks gets it. */
async function superviseOwn(
  context: Context,
  run: Run & { own: ReadonlySet<string>; state: RunState },
): Promise<void> {
  const { layout, own, state } = run;
  const wanted = [...run.tasks, ...ancestors(layout, run.tasks)];
  const claimable = new Set<string>(wanted.map(({ metadata }) => metadata.uid));
  const mayClaim = (task: Task): boolean => claimable.has(task.metadata.uid);
  const isOurs = (task: Task): boolean => own.has(task.metadata.uid);
  const hasEnded = (supervisor: Supervisor): boolean => ![...supervisor.queue.tasks.values()].some(isOurs);
  let asked: string | null = null;
  while (!state.isOver) {
    const owner = lockOwner(layout);
    if (owner !== null) {
      // Another `run` starts only its own tasks unless it is told of ours.
      if (owner.role === "run" && asked !== owner.token) {
        asked = owner.token;
        await requestOperation(context, layout, { verb: "serve", targets: wanted.map(targetOf) });
      }
      await Bun.sleep(LOOK_MS);
      continue;
    }
    const opened = await holdHome(context, layout, {
      role: "run",
      scheduling: run.scheduling,
      notices: run.notices,
      mayClaim,
    });
    if (!opened.ok && lockOwner(layout) === null) {
      state.trouble = opened.error;
      state.isOver = true;
    }
    if (!opened.ok) continue;
    {
      await using session = opened.value;
      await superviseHome(context, session, {
        settings: null,
        isDone: (supervisor) => state.isOver || hasEnded(supervisor),
        isHurried: () => state.signal !== null,
      });
      if (hasEnded(session.supervisor)) return;
    }
    await Bun.sleep(HAND_OVER_MS);
  }
}

/** The unended tasks that others wait for, theirs too: without them, nothing would ever begin. */
function ancestors(layout: Layout, tasks: readonly Task[]): Task[] {
  const found = new Map<TaskId, Task>();
  const open = tasks.flatMap(({ spec }) => spec.after ?? []);
  for (const { task: id } of open) {
    const read = found.has(id) ? null : readTask(layout, id);
    if (read === null || !read.ok || isTerminal(read.value.status.state)) continue;
    found.set(id, read.value);
    open.push(...(read.value.spec.after ?? []));
  }
  return [...found.values()];
}

async function cancelAll(context: Context, layout: Layout, ids: readonly TaskId[]): Promise<void> {
  const open = ids.flatMap((id) => {
    const read = readTask(layout, id);
    return read.ok && !isTerminal(read.value.status.state) ? [targetOf(read.value)] : [];
  });
  await requestOperation(context, layout, {
    verb: "cancel",
    targets: open,
    force: false,
    pendingOnly: false,
  });
}
