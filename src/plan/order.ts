import type { Task } from "../model/task.ts";

/** Who is asked first: the higher priority, then the lower number. */
export function byTurn(left: Task, right: Task): number {
  return right.spec.priority - left.spec.priority || left.metadata.number - right.metadata.number;
}
