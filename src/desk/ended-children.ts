import { counted } from "../lib/counted.ts";
import { rangesOf } from "../lib/ranges.ts";
import type { TaskId } from "../model/identity.ts";
import type { Task } from "../model/task.ts";
import { isLong } from "../store/finder.ts";
import type { Layout } from "../store/layout.ts";
import { notedNames } from "../store/names.ts";
import { newestIds } from "../store/newest.ts";
import { readTask } from "../store/reader.ts";
import type { Caller } from "./caller.ts";

/** At most this many of the newest ended tasks are read: children are usually queued right after their parents. */
const MOST_LOOKED_AT = 1_000;
/** A command line with more numbers than this is not readable. */
const MOST_NAMED = 20;

/**
 * Reports the tasks that waited for these and have ended: a retry of the parent runs none of them again. Some were cancelled when it
 * failed, others ran after it; the message says how to queue them.
 */
export function tellOfEndedChildren(caller: Caller, layout: Layout, retried: readonly Task[]): void {
  const newest = newestIds(layout, ["done", "dead-letter"], caller.clock.now()).take(MOST_LOOKED_AT);
  const children = childrenOf(
    retried.map(({ metadata }) => metadata.id),
    endedChildren(layout, isLong(layout) ? queuedAfter(layout, retried) : newest),
  );
  const it = retried.length === 1 ? "it" : "them";
  for (const [fate, tasks] of Map.groupBy(children, ({ status }) => status.state)) {
    const numbers = tasks.map(({ metadata }) => metadata.number).toSorted((left, right) => left - right);
    caller.err(`stint: ${toldOf(numbers, fate, it)}\n`);
  }
}

function toldOf(numbers: readonly number[], fate: Task["status"]["state"], it: string): string {
  const isOne = numbers.length === 1;
  const tasks = counted(numbers.length, "task");
  const more = numbers.length > MOST_NAMED ? `, and ${numbers.length - MOST_NAMED} more` : "";
  const retry = `to retry ${isOne ? "it" : "them"} too: stint retry ${numbers.slice(0, MOST_NAMED).join(" ")}${more}`;
  const stays = `${isOne ? "stays" : "stay"} ${fate}; ${retry}`;
  if (fate === "cancelled") return `${tasks} that ${isOne ? "was" : "were"} cancelled with ${it} ${stays}`;
  if (fate === "failed") return `${tasks} that failed after ${it} ${stays}`;
  const named = rangesOf(numbers).slice(0, MOST_NAMED).join(", ");
  const copy = `To queue a copy${isOne ? "" : " of one"}: stint submit --from ${numbers[0]}`;
  return `${isOne ? "Task" : "Tasks"} ${named}, which ran after ${it}, will not run again. ${copy}`;
}

/** For a home in which listing all ended tasks takes long: only tasks with the next numbers. */
function* queuedAfter(layout: Layout, tasks: readonly Task[]): Generator<TaskId> {
  for (const { metadata } of tasks.slice(0, MOST_NAMED))
    for (let number = metadata.number + 1; number <= metadata.number + MOST_NAMED; number += 1)
      yield* notedNames(layout, number);
}

/** Those that have parents, and ended by them or ran after them. */
function endedChildren(layout: Layout, ids: Iterable<TaskId>): Task[] {
  const found: Task[] = [];
  for (const id of new Set(ids)) {
    const read = readTask(layout, id);
    if (!read.ok || read.value.spec.after === undefined) continue;
    const { status } = read.value;
    const isCancelledWith = status.state === "cancelled" && status.reason === "ParentFailed";
    const hasRun = status.state === "completed" || (status.state === "failed" && status.attempt > 0);
    if (isCancelledWith || hasRun) found.push(read.value);
  }
  return found;
}

/** The candidates that wait for one of the parents, directly or indirectly. */
function childrenOf(parents: readonly TaskId[], candidates: readonly Task[]): Task[] {
  const known = new Set(parents);
  const children: Task[] = [];
  for (let count = -1; count !== children.length; ) {
    count = children.length;
    for (const task of candidates) {
      const isChild = task.spec.after?.some((parent) => known.has(parent.task)) === true;
      if (!isChild || known.has(task.metadata.id)) continue;
      known.add(task.metadata.id);
      children.push(task);
    }
  }
  return children;
}
