import { timestamp } from "../../lib/clock.ts";
import { ok } from "../../lib/result.ts";
import { rejected } from "../../model/errors.ts";
import { cancelledInQueue } from "../../model/lifecycle.ts";
import { isService } from "../../model/service.ts";
import { isTerminal } from "../../model/state.ts";
import { isCollecting, openAttempt, type Task } from "../../model/task.ts";
import { stopChange } from "../jobs/act.ts";
import { endOf } from "../jobs/job.ts";
import type { Supervisor } from "../supervisor.ts";
import { step, type TargetChange } from "./each-target.ts";

/** Cancels a task: a queued one at once; of one that runs, the stop is recorded. */
export function cancel(
  supervisor: Supervisor,
  task: Task,
  how: { force: boolean; pendingOnly: boolean; actor: string; at: string },
): TargetChange {
  const { id } = task.metadata;
  const { state } = task.status;
  const { actor } = how;
  if (isTerminal(state))
    return rejected(
      "TASK_LOCKED",
      `Cannot cancel "${id}": it is ${state} already`,
      `to remove it: stint clean ${task.metadata.number}`,
    );
  if (state === "queued") {
    const end = {
      endedAt: timestamp(supervisor.context.clock.now()),
      reason: "User" as const,
      message: `cancelled by ${actor} ${task.status.attempt === 0 ? "before it ran" : "while it waited"}`,
    };
    return step(
      { before: task, after: cancelledInQueue(task, end), actor, event: "cancel_requested" },
      "cancelled",
    );
  }
  if (how.pendingOnly) {
    return rejected(
      "INVALID_TRANSITION",
      `Cannot cancel "${id}": it is ${state}, wanted a queued task (--pending-only)`,
    );
  }
  const job = supervisor.jobs.get(id);
  if (isCollecting(task) && !how.force)
    return rejected(
      "TASK_LOCKED",
      `Cannot cancel "${id}": its program has ended, and its results are being collected`,
      `to record it with what was found so far: stint cancel --force ${task.metadata.number}`,
    );
  if (job !== undefined && endOf(job) !== null && !how.force) {
    return rejected(
      "TASK_LOCKED",
      `Cannot cancel "${id}": its process has ended, and its result is being recorded`,
    );
  }
  const isKilled = how.force || isAskedAgain(task, how.at);
  const graceMs = isKilled ? 0 : task.spec.stopGraceMs;
  return step(
    stopChange(supervisor, task, { reason: "User", graceMs, actor }),
    isCollecting(task) ? "being recorded" : isKilled ? "being killed" : "being cancelled",
  );
}

/** True for a second cancel, which kills at once. The same request, read again after a crash, is not a second one. */
function isAskedAgain(task: Task, at: string): boolean {
  const stop = openAttempt(task)?.stop;
  return stop?.reason === "User" && Date.parse(at) > Date.parse(stop.requestedAt);
}

/** Ends a service that serves, which counts as its success: the record has the stop. */
export function completeService(supervisor: Supervisor, task: Task, actor: string): TargetChange {
  const { id, number } = task.metadata;
  const { state } = task.status;
  const hint = isTerminal(state) ? undefined : `to end it as cancelled: stint cancel ${number}`;
  const refused = (is: string) =>
    rejected("INVALID_TRANSITION", `Cannot complete "${id}": ${is}, wanted a service that serves`, hint);
  if (!isService(task)) return refused("it is no service (it has no `service:`)");
  const job = supervisor.jobs.get(id);
  // As a request is answered that is read again after a crash.
  if (openAttempt(task)?.stop?.reason === "Stop") return ok({ change: null, done: "being stopped" });
  const isEnding = openAttempt(task)?.stop !== undefined || (job !== undefined && endOf(job) !== null);
  if (state !== "serving" || isEnding) return refused(`it is ${isEnding ? "being stopped" : state}`);
  return step(stopChange(supervisor, task, { reason: "Stop", actor }), "being stopped");
}
