import { ok, type Result } from "../lib/result.ts";
import { type Problem, rejected } from "./errors.ts";
import { canMove } from "./state.ts";
import type { Status, Task } from "./task.ts";

/** Sets the next status where the table allows it; every change of a state passes through here. */
export function transition(task: Task, next: Status): Result<Task, Problem> {
  if (canMove(task.status.state, next.state)) return ok({ ...task, status: next });
  const message = `Cannot move task "${task.metadata.id}": invalid transition ${task.status.state} -> ${next.state}`;
  return rejected("INVALID_TRANSITION", message);
}

/** The same where the caller has established that the move is allowed; anything else is a bug. */
export function mustTransition(task: Task, next: Status): Task {
  const moved = transition(task, next);
  if (!moved.ok) throw new Error(moved.error.message);
  return moved.value;
}
