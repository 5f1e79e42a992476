import { earliest } from "../../lib/earliest.ts";
import { openAttempt } from "../../model/task.ts";
import { signalTrees } from "../../run/tree.ts";
import type { Supervisor } from "../supervisor.ts";
import { endOf, type Job, lastSignal, noteSignal, readMain } from "./job.ts";
import type { SignalOrder, TaskJob } from "./runners/runner.ts";
import { runnerOf } from "./runners/runner-of.ts";

/** How often a process that is not our child, or one that was told to end, is looked at. */
export const LOOK_MS = 100;
/** A process that KILL did not end is told again this often (it may hang in the kernel). */
const KILL_AGAIN_MS = 1_000;

/** True where the loop is woken up by the end of a job. */
function isHeardOf({ jobs: { leaders } }: Supervisor, { parent, runner, leader }: Job): boolean {
  const last = runner ?? leader;
  return parent.type === "child" || (last !== null && leaders.isWatched(last));
}

/** Sends the signals that are due to jobs that have not gone; returns when to look at one of them again, in ms. */
export function sendDueSignals(supervisor: Supervisor, jobs: readonly TaskJob[]): number | null {
  const orders: SignalOrder[] = [];
  const waits = jobs.map(
    (one) => orderStop(supervisor, one, orders) ?? (isHeardOf(supervisor, one.job) ? null : LOOK_MS),
  );
  for (const signal of ["SIGTERM", "SIGKILL", "SIGCONT"] as const) {
    const trees = orders.filter((order) => order.signal === signal).map(({ tree }) => tree);
    signalTrees(trees, signal, supervisor.jobs.processes);
  }
  return earliest(waits);
}

/** Orders the next signal where one is due; returns when to look again in ms, or null where nothing is to stop. */
function orderStop(supervisor: Supervisor, { task, job }: TaskJob, orders: SignalOrder[]): number | null {
  const stop = openAttempt(task)?.stop;
  if (stop === undefined && endOf(job) === null) return null;
  const runner = runnerOf(task.spec.kind);
  const nowMs = supervisor.context.clock.awakeMs();
  const graceMs = stop?.graceMs ?? task.spec.stopGraceMs;
  readMain(job);
  const send = (signal: "SIGTERM" | "SIGKILL"): number => {
    orders.push(...runner.signal({ task, job }, signal));
    noteSignal(job, { signal, atAwakeMs: nowMs });
    return LOOK_MS;
  };
  const override = runner.overrideStop(job);
  if (override !== null) return override === "none" ? LOOK_MS : send(override);
  const sent = lastSignal(job);
  if (sent === null) return send(graceMs === 0 ? "SIGKILL" : "SIGTERM");
  const sinceMs = nowMs - sent.atAwakeMs;
  if (sent.signal === "SIGTERM" && sinceMs >= graceMs) return send("SIGKILL");
  if (sent.signal === "SIGKILL" && sinceMs >= KILL_AGAIN_MS) return send("SIGKILL");
  return sent.signal === "SIGTERM" ? Math.min(LOOK_MS, graceMs - sinceMs) : LOOK_MS;
}
