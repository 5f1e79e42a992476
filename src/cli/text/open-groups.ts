import { counted } from "../../lib/counted.ts";
import { asLines } from "../../lib/printable.ts";
import { closeHint, type OpenGroup } from "../../model/open-group.ts";
import type { Task } from "../../model/task.ts";

/** A line for each group that waits to be closed; `unfinished` are all tasks that have not ended. */
export function openGroupLines(groups: readonly OpenGroup[], unfinished: readonly Task[]): string {
  return asLines(
    groups.map(({ id, name }) => {
      const left = unfinished.filter(({ metadata }) => metadata.openGroup?.id === id).length;
      return `${closeHint(name)} (${left === 0 ? "no task is left in it" : `${counted(left, "task")} left`})`;
    }),
  );
}
