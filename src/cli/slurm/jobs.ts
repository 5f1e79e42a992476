import { findGroup } from "../../desk/groups.ts";
import { findTask } from "../../desk/select.ts";
import { rangeIn } from "../../lib/ranges.ts";
import { failureOfAttempt } from "../../model/attempt.ts";
import type { Task } from "../../model/task.ts";
import type { Layout } from "../../store/layout.ts";

/** How Slurm names a task: its number, or in an array that of the array with its index: `70_0`. */
export function jobIdOf({ metadata: { number, group } }: Task): string {
  const index = group?.values["index"];
  return group === undefined || index === undefined ? String(number) : `${group.id}_${index}`;
}

/** `70`, `70_3` and `70_[0-3,7]`; a step (`70.batch`) stands for its job. */
const JOB = /^(\d{1,12})(?:_(?:(\d{1,9})|\[([\d,-]{1,1000})(?:%\d{1,6})?\]))?(?:\.\w+)?$/;

/** The tasks that a name of Slurm stands for: that of an array for all of its members. Null for what is no such name. */
export function jobsNamed(layout: Layout, typed: string): Task[] | null {
  const [, number, index, list] = JOB.exec(typed) ?? [];
  if (number === undefined) return null;
  const group = findGroup(layout, number);
  const members = group.ok ? group.value.filter(({ metadata }) => metadata.group?.id === Number(number)) : [];
  if (members.length === 0) {
    const task = findTask(layout, number);
    return task.ok ? [task.value] : [];
  }
  if (index === undefined && list === undefined) return members;
  const wanted = (list ?? index ?? "").split(",");
  return members.filter(({ metadata }) => {
    const own = Number(metadata.group?.values["index"]);
    return wanted.some((part) => {
      const [first, last] = rangeIn(part) ?? [Number(part), Number(part)];
      return first <= own && own <= last;
    });
  });
}

type SlurmState = readonly [long: string, short: string];

/** States of a failed task by its failure; any other is FAILED. */
const FAILED: Readonly<Record<string, SlurmState>> = {
  TIMEOUT: ["TIMEOUT", "TO"],
  OOM_KILLED: ["OUT_OF_MEMORY", "OOM"],
};

/** The word of Slurm for the state of a task: long, and as squeue shortens it. */
export function slurmStateOf({ status }: Task): SlurmState {
  switch (status.state) {
    case "completed":
      return ["COMPLETED", "CD"];
    case "cancelled":
      return ["CANCELLED", "CA"];
    case "failed":
      return FAILED[failureOfAttempt(status.attempts.at(-1))?.code ?? ""] ?? ["FAILED", "F"];
    case "queued":
      return ["PENDING", "PD"];
    case "preparing":
      return ["CONFIGURING", "CF"];
    case "collecting":
    case "stopping":
      return ["COMPLETING", "CG"];
    case "running":
    case "serving":
    case "orphaned":
      return ["RUNNING", "R"];
  }
}
