import type { TaskId } from "../model/identity.ts";
import type { Task } from "../model/task.ts";
import { isLong } from "../store/finder.ts";
import type { Layout } from "../store/layout.ts";
import { notedNames } from "../store/names.ts";
import { newestIds } from "../store/newest.ts";
import { readTask } from "../store/reader.ts";
import type { Caller } from "./caller.ts";

/** Of the ended tasks the newest this many are read: children are usually queued right after their parents. */
const MOST_LOOKED_AT = 1_000;
/** A command line with more numbers than this is not readable. */
const MOST_NAMED = 20;

/** Says of the tasks that were called off when these failed that a retry leaves them so, and how they are queued again. */
export function tellOfCancelledChildren(caller: Caller, layout: Layout, retried: readonly Task[]): void {
  const children = cancelledWith(
    retried.map(({ metadata }) => metadata.id),
    calledOff(layout, isLong(layout) ? queuedAfter(layout, retried) : newest(caller, layout)),
  );
  if (children.length === 0) return;
  const numbers = children.map(({ metadata }) => metadata.number).toSorted((left, right) => left - right);
  const more = numbers.length > MOST_NAMED ? `, and ${numbers.length - MOST_NAMED} more` : "";
  const which =
    numbers.length === 1
      ? "1 task that was called off with it stays cancelled"
      : `${numbers.length} tasks that were called off with it stay cancelled`;
  caller.err(
    `stint: ${which}; to have that back as well: stint retry ${numbers.slice(0, MOST_NAMED).join(" ")}${more}\n`,
  );
}

function newest(caller: Caller, layout: Layout): Iterable<TaskId> {
  return newestIds(layout, ["done"], caller.clock.now()).take(MOST_LOOKED_AT);
}

/** Where to list all that has ended takes long, those that are known to have been queued right after. */
function* queuedAfter(layout: Layout, tasks: readonly Task[]): Generator<TaskId> {
  for (const { metadata } of tasks.slice(0, MOST_NAMED))
    for (let number = metadata.number + 1; number <= metadata.number + MOST_NAMED; number += 1)
      yield* notedNames(layout, number);
}

function calledOff(layout: Layout, ids: Iterable<TaskId>): Task[] {
  const found: Task[] = [];
  for (const id of new Set(ids)) {
    const read = readTask(layout, id);
    if (read.ok && read.value.status.state === "cancelled" && read.value.status.reason === "ParentFailed")
      found.push(read.value);
  }
  return found;
}

/** Also those that were called off as one of the first was, and so on. */
function cancelledWith(parents: readonly TaskId[], candidates: readonly Task[]): Task[] {
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
