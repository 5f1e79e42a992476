import type { Terms } from "../daemon/config/live-config.ts";
import type { Supervisor } from "../daemon/supervisor.ts";
import { absenceTeller } from "../desk/absences.ts";
import { HAND_OVER_MS } from "../desk/hand-over.ts";
import { requestOperation } from "../desk/request-operation.ts";
import { holdHome } from "../desk/session.ts";
import { superviseHome } from "../desk/supervising.ts";
import { targetOf } from "../desk/targets.ts";
import { silenceLines } from "../desk/text/silence.ts";
import { asLines } from "../lib/printable.ts";
import { EXIT, MIRROR_EXIT, type Problem } from "../model/errors.ts";
import type { TaskId } from "../model/identity.ts";
import { isTerminal } from "../model/state.ts";
import { idsOfTasks, type Task } from "../model/task.ts";
import type { Layout } from "../store/layout.ts";
import { lockOwner } from "../store/lock-owner.ts";
import { readTask } from "../store/reader.ts";
import { silenceOf } from "../store/silence.ts";
import { awaitTasks, highestExit } from "./await-tasks.ts";
import type { Context } from "./context.ts";
import { Ends } from "./text/ends.ts";
import { ProgressLine } from "./text/progress.ts";

const POLL_MS = 50;

/** The arguments of `runTasks`. */
export interface Run {
  readonly layout: Layout;
  readonly tasks: readonly Task[];
  readonly terms: Terms;
  /** Only what has failed is told. */
  readonly isQuiet: boolean;
  /** Called at each poll of the unfinished tasks, to print their output. */
  readonly onPoll?: () => void;
}

/** Runs tasks to their ends: supervises them where no supervisor is running, shows their progress, and returns the exit code that mirrors them. */
export async function runTasks(context: Context, run: Run): Promise<number | Problem> {
  const { layout, tasks } = run;
  const ids = idsOfTasks(tasks);
  const own = new Set<string>(tasks.map((task) => task.metadata.uid));
  const state: RunState = { isOver: false, isUnanswered: false, fault: null, signal: null };
  context.onSignal((signal) => {
    const isSecond = state.signal !== null;
    state.signal = signal;
    // A hang-up leaves the jobs running; so does a second signal.
    if (signal === "SIGHUP" || isSecond) state.isOver = true;
    else {
      context.err(`\n${signal}: cancelling what was submitted\n`);
      cancelAll(context, layout, ids).catch((error: unknown) =>
        context.err(`Cannot cancel: ${String(error)}\n`),
      );
      // The request is on disk: a supervisor that is stopped carries it out once it continues, and does not answer before.
      const silence = silenceOf(layout, lockOwner(layout), context.clock.now());
      if (silence === null) return;
      const [what, advice] = silenceLines(silence, context.clock.now());
      context.err(
        asLines([`stint: ${what} It cancels what was submitted once it continues.`, `  ${advice}`]),
      );
      state.isUnanswered = true;
      state.isOver = true;
    }
  });
  const supervising = superviseOwn(context, { ...run, own, state });
  const progress = new ProgressLine(context);
  const ends = new Ends(context, { count: ids.length, print: context.err, maySum: !run.isQuiet });
  const tellOfAbsent = absenceTeller(context);
  const awaited = await awaitTasks(context, layout, {
    ids,
    timeoutMs: null,
    isSupervising: true,
    isOff: () => state.isOver,
    onPoll: (open) => {
      run.onPoll?.();
      if (!run.isQuiet) tellOfAbsent(open);
      // The output of the job shows its progress; a progress line would garble it.
      if (run.onPoll === undefined && !run.isQuiet) progress.show(open, ids.length);
    },
    onEnd: (task) => {
      run.onPoll?.();
      if (!run.isQuiet || task.status.state !== "completed") ends.tell(task);
    },
  });
  progress.clear();
  ends.finish();
  state.isOver = true;
  if (!state.isUnanswered) await supervising;
  if ("code" in awaited) return awaited;
  if (state.fault !== null) return state.fault;
  if (state.signal === "SIGHUP") return HANG_UP_EXIT;
  if (state.signal !== null) return MIRROR_EXIT.cancelled;
  return awaited.type === "ended" ? highestExit(awaited.tasks) : EXIT.failed;
}

/** 128 + 1: as a shell reports a command that SIGHUP ended. */
const HANG_UP_EXIT = 129;

interface RunState {
  isOver: boolean;
  /** True where the supervisor does not answer, and is not waited for. */
  isUnanswered: boolean;
  /** Why this process cannot supervise. */
  fault: Problem | null;
  signal: "SIGINT" | "SIGTERM" | "SIGHUP" | null;
}

/** Supervises the home while no other process does, until these tasks have ended; hands it over to an `up` that asks. */
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
      // Another `run` starts only its own tasks, unless it is asked to serve these.
      if (owner.role === "run" && asked !== owner.token) {
        asked = owner.token;
        await requestOperation(context, layout, { verb: "serve", targets: wanted.map(targetOf) });
      }
      await Bun.sleep(POLL_MS);
      continue;
    }
    const opened = await holdHome(context, layout, { role: "run", terms: run.terms, mayClaim });
    if (!opened.ok && lockOwner(layout) === null) {
      state.fault = opened.error;
      state.isOver = true;
    }
    if (!opened.ok) continue;
    {
      await using session = opened.value;
      await superviseHome(context, session, {
        hasSources: false,
        isDone: (supervisor) => state.isOver || hasEnded(supervisor),
        isHurried: () => state.signal !== null,
      });
      if (hasEnded(session.supervisor)) return;
    }
    await Bun.sleep(HAND_OVER_MS);
  }
}

/** The unfinished tasks that `tasks` wait for, directly or indirectly; they have to run first. */
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
