import { asLines } from "../../lib/printable.ts";
import type { TaskId } from "../../model/identity.ts";
import type { Task } from "../../model/task.ts";
import type { Context } from "../context.ts";

/** Names the task before its output where the output of several is shown, as tail(1) does. */
export interface Headings {
  /** Prints the heading of a task, unless its output was the last. */
  begin(task: Task): void;
  /** A context in which the output of jobs is that of a task, under its heading. */
  under(task: Task): Context;
}

export function headingsOf(context: Context, isShown: boolean): Headings {
  let last: TaskId | null = null;
  const begin = ({ metadata: { id } }: Task): void => {
    if (!isShown || last === id) return;
    context.out(`${last === null ? "" : "\n"}${asLines([`==> ${id} <==`])}`);
    last = id;
  };
  const under = (task: Task): Context => ({
    ...context,
    outOfJob: (bytes) => {
      if (bytes.length === 0) return;
      begin(task);
      context.outOfJob(bytes);
    },
  });
  return { begin, under };
}
