import { earliest } from "../../lib/earliest.ts";
import { openAttempt } from "../../model/task.ts";
import { signalPart, signalTrees } from "../../run/tree.ts";
import type { Supervisor } from "../supervisor.ts";
import { endOf, isMainAlive, type Job, lastSignal, noteSignal, readMain, type SentSignal } from "./job.ts";
import type { SignalOrder, TaskJob } from "./runners/runner.ts";
import { runnerOf } from "./runners/runner-of.ts";
import { noteStop } from "./stop-note.ts";

/*
 * How the processes of a job are ended, once a stop is on record, or the job itself has ended and left some of them.
 *
 * Order for a stop:
 * 1. The stop signal, TERM by default, goes to the first process of the job alone ("main"): it may need its helpers to save its work.
 *    With `stop.first: group`, or where main is not known or gone, it goes to all processes at once.
 * 2. The others get it once main has ended, or after half of the grace period.
 * 3. After the grace period, which counts from 1, all that is left gets KILL, repeated while anything lives.
 * What a job left when it ended by itself begins with the signal to all.
 *
 * A signal is noted in the attempt's folder once it was sent (`stop-note.ts`), and the next supervisor goes on from there. A crash between
 * the two sends it again: a job that is told twice loses less than one that is never told.
 */

/** The interval of checks of a process that is stopping, or whose end causes no event. */
export const LOOK_MS = 100;
/** KILL is repeated this often while a process lives: it may hang in the kernel. */
const KILL_AGAIN_MS = 1_000;

/** True where the loop is woken up by the end of a job. */
function endWakesLoop({ jobs: { leaders } }: Supervisor, { parent, runner, leader }: Job): boolean {
  const last = runner ?? leader;
  return parent.type === "child" || (last !== null && leaders.isWatched(last));
}

/** Sends the due signals to jobs with living processes; returns in how many ms one of them must be checked again, or null. */
export function sendDueSignals(supervisor: Supervisor, jobs: readonly TaskJob[]): number | null {
  const nowMs = supervisor.context.clock.awakeMs();
  const due = jobs.map((one) => ({ one, ...nextSignal(one, nowMs) }));
  const sent = due.flatMap(({ one, next }) => (next === null ? [] : [{ one, next }]));
  send(
    supervisor,
    sent.flatMap(({ one, next }) => runnerOf(one.task.spec.kind).signal(one, next)),
  );
  for (const { one, next } of sent) {
    noteSignal(one.job, next);
    if (next.signal === "SIGTERM" && openAttempt(one.task)?.stop !== undefined)
      noteStop(one.job.directory, next);
  }
  return earliest(
    due.map(({ one, lookInMs }) => lookInMs ?? (endWakesLoop(supervisor, one.job) ? null : LOOK_MS)),
  );
}

/** Sends the signals, those to whole trees by one search for all; the processes are continued last. */
function send({ jobs: { processes } }: Supervisor, orders: readonly SignalOrder[]): void {
  const signals = new Set(orders.map(({ signal }) => signal).filter((signal) => signal !== "SIGCONT"));
  for (const signal of [...signals, "SIGCONT"] as const) {
    const ofSignal = orders.filter((order) => order.signal === signal);
    for (const { tree, part } of ofSignal)
      if (part !== undefined) signalPart(tree, part, { signal, tracker: processes });
    const whole = ofSignal.filter(({ part }) => part === undefined).map(({ tree }) => tree);
    signalTrees(whole, signal, processes);
  }
}

interface Due {
  /** Null where no signal is due. */
  readonly next: SentSignal | null;
  /** In how many ms to check again; null where the job need not stop. */
  readonly lookInMs: number | null;
}

/** The next signal of a job. */
function nextSignal({ task, job }: TaskJob, nowMs: number): Due {
  const stop = openAttempt(task)?.stop;
  if (stop === undefined && endOf(job) === null) return { next: null, lookInMs: null };
  const runner = runnerOf(task.spec.kind);
  const graceMs = stop?.graceMs ?? task.spec.stopGraceMs;
  readMain(job);
  const due = (next: SentSignal): Due => ({ next, lookInMs: LOOK_MS });
  const override = runner.overrideStop(job);
  if (override === "none") return { next: null, lookInMs: LOOK_MS };
  if (override !== null) return due({ signal: override, atAwakeMs: nowMs });
  const sent = lastSignal(job);
  if (sent === null && graceMs > 0)
    return due({ signal: "SIGTERM", ...(isMainFirst({ task, job }) && { to: "main" }), atAwakeMs: nowMs });
  const sinceMs = nowMs - (sent?.atAwakeMs ?? nowMs);
  const isKillDue = sent === null || sinceMs >= (sent.signal === "SIGTERM" ? graceMs : KILL_AGAIN_MS);
  if (isKillDue) return due({ signal: "SIGKILL", atAwakeMs: nowMs });
  if (sent.signal === "SIGKILL") return { next: null, lookInMs: LOOK_MS };
  const areOthersDue = sent.to === "main" && (!isMainAlive(job) || sinceMs >= graceMs / 2);
  return {
    next: areOthersDue ? { ...sent, to: "others" } : null,
    lookInMs: Math.min(LOOK_MS, graceMs - sinceMs),
  };
}

function isMainFirst({ task, job }: TaskJob): boolean {
  const { kind, stop } = task.spec;
  return runnerOf(kind).stopsMainFirst && stop?.first !== "group" && endOf(job) === null && isMainAlive(job);
}
