import { earliest } from "../../lib/earliest.ts";
import { openAttempt } from "../../model/task.ts";
import { signalTrees } from "../../run/tree.ts";
import type { Supervisor } from "../supervisor.ts";
import { endOf, type Job, lastSignal, noteSignal, readMain } from "./job.ts";
import type { SignalOrder, TaskJob } from "./runners/runner.ts";
import { runnerOf } from "./runners/runner-of.ts";

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
  const orders: SignalOrder[] = [];
  const waits = jobs.map(
    (one) => orderStop(supervisor, one, orders) ?? (endWakesLoop(supervisor, one.job) ? null : LOOK_MS),
  );
  for (const signal of ["SIGTERM", "SIGKILL", "SIGCONT"] as const) {
    const trees = orders.filter((order) => order.signal === signal).map(({ tree }) => tree);
    signalTrees(trees, signal, supervisor.jobs.processes);
  }
  return earliest(waits);
}

/** Adds the next signal of a job to `orders` where one is due; returns in how many ms to check again, or null where it need not stop. */
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
