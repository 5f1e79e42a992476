import { type Problem, problem } from "../model/errors.ts";
import type { Target } from "../model/request.ts";
import type { Task } from "../model/task.ts";

/** Refers to a task in its present epoch; a later epoch is not affected. */
export function targetOf(task: Task): Target {
  return { id: task.metadata.id, uid: task.metadata.uid, epoch: task.metadata.epoch };
}

/** Refers also to its last attempt, by which a retry that is repeated after a crash is known to have taken effect. */
export function targetAttemptOf(task: Task): Target {
  return { ...targetOf(task), attempt: task.status.attempt };
}

/** The problem where the supervisor did not answer in time; `whose` names what it is asked about. */
export function unanswered(whose = ""): Problem {
  return problem(
    "UNANSWERED",
    `Cannot tell whether it was done${whose}: the supervisor has not answered yet (it is stopped, or the machine is busy)`,
    "the request is on disk, and is carried out once it continues; see `stint doctor`",
  );
}
