import { ok } from "../../lib/result.ts";
import type { Steps } from "../../lib/steps.ts";
import { rejected } from "../../model/errors.ts";
import type { Answer, Operation } from "../../model/request.ts";
import { isCollecting, openAttempt, type Task } from "../../model/task.ts";
import { stopChange } from "../jobs/act.ts";
import type { Supervisor } from "../supervisor.ts";
import { eachTarget, type RequestedOperation, type TargetChange } from "./each-target.ts";

/** Stops jobs and queues their tasks again, as `scontrol requeue` does. */
export function requeueSteps(
  supervisor: Supervisor,
  requested: RequestedOperation,
  { targets }: Extract<Operation, { verb: "requeue" }>,
): Steps<Answer[]> {
  const attempts = new Map(targets.map(({ id, attempt }) => [id, attempt]));
  return eachTarget(supervisor, requested, (task) =>
    requeue(supervisor, task, { actor: requested.actor, attempt: attempts.get(task.metadata.id) }),
  );
}

/** A request that is carried out again, for an earlier attempt, is done. */
function requeue(
  supervisor: Supervisor,
  task: Task,
  { actor, attempt = task.status.attempt }: { readonly actor: string; readonly attempt?: number | undefined },
): TargetChange {
  const { id } = task.metadata;
  if (task.status.attempt !== attempt) return ok({ change: null, done: "was queued again" });
  if (openAttempt(task) === null || isCollecting(task)) {
    const message = `Cannot requeue "${id}": it is ${task.status.state}, wanted a running one`;
    return rejected("INVALID_TRANSITION", message, "to queue an ended one again: stint retry");
  }
  if (openAttempt(task)?.stop !== undefined) return ok({ change: null, done: "is being stopped" });
  return ok({
    change: stopChange(supervisor, task, { reason: "Requeue", actor }),
    done: "being queued again",
  });
}
