import { timestamp } from "../lib/clock.ts";
import type { Task } from "../model/task.ts";

/** What keeps a queued task from being looked at; `open` where only room is missing. Times in ms since the epoch. */
export type Gate =
  | { readonly type: "open" }
  | { readonly type: "held" }
  | { readonly type: "scheduled"; readonly untilMs: number }
  | { readonly type: "backoff"; readonly untilMs: number }
  | { readonly type: "interval"; readonly untilMs: number };

/** The first gate that is shut for a queued task at a time. */
export function gateOf(task: Task, nowMs: number): Gate {
  const { spec, status } = task;
  if (spec.hold) return { type: "held" };
  if (spec.notBefore !== undefined) {
    const untilMs = Date.parse(spec.notBefore);
    if (untilMs > nowMs) return { type: "scheduled", untilMs };
  }
  if (status.state !== "queued" || status.retryAt === undefined) return { type: "open" };
  // After a backward jump of the clock, a wait is at most what was decided, counted from now.
  const untilMs = Math.min(Date.parse(status.retryAt), nowMs + decidedWaitMs(task));
  if (untilMs <= nowMs) return { type: "open" };
  return { type: status.reason === "Interval" ? "interval" : "backoff", untilMs };
}

/**
 * The task with its wait begun anew, to be written, where the clock was set back under it; null where it was not.
 * Unwritten, the wait would be as long from each later moment too.
 */
export function rewaited(task: Task, nowMs: number): Task | null {
  const { status } = task;
  if (status.state !== "queued" || status.retryAt === undefined) return null;
  const latestMs = nowMs + decidedWaitMs(task);
  // Nothing to begin anew where the gate is open.
  if (Date.parse(status.retryAt) <= latestMs || latestMs === nowMs) return null;
  return { ...task, status: { ...status, retryAt: timestamp(latestMs) } };
}

function decidedWaitMs(task: Task): number {
  const last = task.status.attempts.at(-1);
  if (last !== undefined && "retry" in last && last.retry !== undefined) return last.retry.delayMs;
  return task.spec.restart.policy === "always" ? task.spec.restart.intervalMs : 0;
}
