import { tellOfSilence } from "../desk/silence.ts";
import { failureOfAttempt } from "../model/attempt.ts";
import { EXIT, MIRROR_EXIT, type Problem, problem } from "../model/errors.ts";
import { signalNumber } from "../model/evidence.ts";
import { shellExitOf } from "../model/failure.ts";
import type { TaskId } from "../model/identity.ts";
import { closeHint } from "../model/open-group.ts";
import { isTerminal } from "../model/state.ts";
import { lastEnded, type Task, whenEndedMs } from "../model/task.ts";
import type { Layout } from "../store/layout.ts";
import { lockOwner } from "../store/lock-owner.ts";
import { readTask } from "../store/reader.ts";
import type { Context } from "./context.ts";
import { stuckTeller } from "./stuck.ts";

const POLL_MS = 50;
const MAX_POLL_MS = 1_000;
const GROUP_POLL_MS = 250;
const SUPERVISOR_POLL_MS = 1_000;

/** How a wait ended: all tasks have ended, or the timeout has expired. */
export type Awaited = { readonly type: "ended"; readonly tasks: Task[] } | { readonly type: "expired" };

export interface AwaitOptions {
  readonly timeoutMs: number | null;
  /** Ends the wait when one of the tasks has ended; it is the only one in the result. */
  readonly isAny?: boolean;
  /** Called once for each task, when it has ended. */
  readonly onEnd?: (task: Task) => void;
  /** Called at each poll with the tasks that have not ended. */
  readonly onPoll?: (open: readonly Task[]) => void;
  /** True where the caller supervises the home itself. */
  readonly isSupervising?: boolean;
  /** Asked once all tasks have ended: tasks that came to those, and the names of the groups that more may join. */
  readonly more?: () => { readonly ids: readonly TaskId[]; readonly open: readonly string[] };
  /** Ends the wait early where it returns true. */
  readonly isOff?: () => boolean;
}

/** Polls the records of tasks until all have ended; warns once where no supervisor is running, and of tasks that cannot start by themselves. */
export async function awaitTasks(
  context: Context,
  layout: Layout,
  call: AwaitOptions & { ids: readonly TaskId[] },
): Promise<Awaited | Problem> {
  const { clock } = context;
  const untilMs = call.timeoutMs === null ? Number.POSITIVE_INFINITY : clock.awakeMs() + call.timeoutMs;
  const ids = new Set(call.ids);
  const ended = new Map<TaskId, Task>();
  const told = new Set<string>();
  const tellOfStuck = stuckTeller(context, layout);
  let nextSupervisorPollMs = call.isSupervising ? Number.POSITIVE_INFINITY : 0;
  for (;;) {
    const open: Task[] = [];
    for (const id of ids) {
      if (ended.has(id)) continue;
      const read = readTask(layout, id);
      if (!read.ok) return problem("NOT_FOUND", `Cannot wait for task "${id}": its record is gone`);
      if (!isTerminal(read.value.status.state)) open.push(read.value);
      else {
        ended.set(id, read.value);
        if (call.isAny !== true) call.onEnd?.(read.value);
      }
    }
    const first = call.isAny === true ? firstEnded([...ended.values()]) : undefined;
    if (first !== undefined) {
      call.onEnd?.(first);
      return { type: "ended", tasks: [first] };
    }
    const isOff = call.isOff?.() === true;
    const more = open.length > 0 || isOff ? undefined : call.more?.();
    if (more !== undefined && more.ids.length > ids.size) {
      for (const id of more.ids) ids.add(id);
      continue;
    }
    if (isOff || (open.length === 0 && (more?.open ?? []).length === 0))
      return { type: "ended", tasks: [...ended.values()] };
    for (const name of more?.open ?? []) {
      if (!told.has(name)) context.err(`stint: ${closeHint(name)}\n`);
      told.add(name);
    }
    call.onPoll?.(open);
    tellOfSilence(context, layout);
    await tellOfStuck(open);
    if (clock.awakeMs() >= untilMs) return { type: "expired" };
    if (open.length > 0 && clock.awakeMs() >= nextSupervisorPollMs) {
      if (nextSupervisorPollMs === 0 && lockOwner(layout) === null)
        context.err("stint: no supervisor is running: nothing starts. Start one: stint up --detach\n");
      nextSupervisorPollMs = clock.awakeMs() + SUPERVISOR_POLL_MS;
    }
    // Each poll reads every open record: a thousand of them are polled once a second.
    // To ask for more reads the home.
    await Bun.sleep(more === undefined ? Math.min(MAX_POLL_MS, POLL_MS + open.length) : GROUP_POLL_MS);
  }
}

/** The task that ended before the others. */
function firstEnded(tasks: readonly Task[]): Task | undefined {
  return tasks.toSorted((left, right) => (whenEndedMs(left) ?? 0) - (whenEndedMs(right) ?? 0))[0];
}

/** The exit code that mirrors a task: its own, 128 + n for signal n, 130 for a cancelled one, 126 or 127 where its program cannot run, else 1. */
function mirrorExit(task: Task): number {
  const { status } = task;
  if (status.state === "completed") return EXIT.done;
  if (status.state === "cancelled") return MIRROR_EXIT.cancelled;
  const last = lastEnded(task);
  if (last === null) return EXIT.failed;
  if (last.signal !== null) return 128 + (signalNumber(last.signal) ?? 0);
  if (last.exitCode !== null && last.exitCode !== 0) return last.exitCode;
  const failure = failureOfAttempt(last);
  return (failure === null ? null : shellExitOf(failure)) ?? EXIT.failed;
}

/** The highest of several mirrored exit codes. */
export function highestExit(tasks: readonly Task[]): number {
  return tasks.reduce((most, task) => Math.max(most, mirrorExit(task)), EXIT.done as number);
}
