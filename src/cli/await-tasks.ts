import { tellOfSilence } from "../desk/silence.ts";
import { failureOfAttempt } from "../model/attempt.ts";
import { EXIT, MIRROR_EXIT, type Problem, problem } from "../model/errors.ts";
import { signalNumber } from "../model/evidence.ts";
import { shellExitOf } from "../model/failure.ts";
import type { TaskId } from "../model/identity.ts";
import { isTerminal } from "../model/state.ts";
import { lastEnded, type Task, whenEndedMs } from "../model/task.ts";
import type { Layout } from "../store/layout.ts";
import { lockOwner } from "../store/lock-owner.ts";
import { readTask } from "../store/reader.ts";
import type { Context } from "./context.ts";
import { stuckTeller } from "./stuck.ts";

const POLL_MS = 50;
const MAX_POLL_MS = 1_000;
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
  const ended = new Map<TaskId, Task>();
  const tellOfStuck = stuckTeller(context, layout);
  let nextSupervisorPollMs = call.isSupervising ? Number.POSITIVE_INFINITY : 0;
  for (;;) {
    const open: Task[] = [];
    for (const id of call.ids) {
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
    if (open.length === 0 || call.isOff?.() === true) return { type: "ended", tasks: [...ended.values()] };
    call.onPoll?.(open);
    tellOfSilence(context, layout);
    await tellOfStuck(open);
    if (clock.awakeMs() >= untilMs) return { type: "expired" };
    if (clock.awakeMs() >= nextSupervisorPollMs) {
      if (nextSupervisorPollMs === 0 && lockOwner(layout) === null)
        context.err("stint: no supervisor is running: nothing starts. Start one: stint up --detach\n");
      nextSupervisorPollMs = clock.awakeMs() + SUPERVISOR_POLL_MS;
    }
    // Each poll reads every open record: a thousand of them are polled once a second.
    await Bun.sleep(Math.min(MAX_POLL_MS, POLL_MS + open.length));
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
