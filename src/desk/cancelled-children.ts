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

/** Reports the tasks that were cancelled when these failed: a retry leaves them cancelled, and the message says how to retry them. */
export function tellOfCancelledChildren(caller: Caller, layout: Layout, retried: readonly Task[]): void {
  const newest = newestIds(layout, ["done"], caller.clock.now()).take(MOST_LOOKED_AT);
  const children = cancelledWith(
    retried.map(({ metadata }) => metadata.id),
    cancelledByParent(layout, isLong(layout) ? queuedAfter(layout, retried) : newest),
  );
  if (children.length === 0) return;
  const numbers = children.map(({ metadata }) => metadata.number).toSorted((left, right) => left - right);
  const more = numbers.length > MOST_NAMED ? `, and ${numbers.length - MOST_NAMED} more` : "";
  const [which, them] =
    numbers.length === 1
      ? ["1 task that was cancelled with it stays cancelled", "it"]
      : [`${numbers.length} tasks that were cancelled with it stay cancelled`, "them"];
  caller.err(
    `stint: ${which}; to retry ${them} too: stint retry ${numbers.slice(0, MOST_NAMED).join(" ")}${more}\n`,
  );
}

/** For a home in which listing all ended tasks takes long: only tasks with the next numbers. */
function* queuedAfter(layout: Layout, tasks: readonly Task[]): Generator<TaskId> {
  for (const { metadata } of tasks.slice(0, MOST_NAMED))
    for (let number = metadata.number + 1; number <= metadata.number + MOST_NAMED; number += 1)
      yield* notedNames(layout, number);
}

function cancelledByParent(layout: Layout, ids: Iterable<TaskId>): Task[] {
  const found: Task[] = [];
  for (const id of new Set(ids)) {
    const read = readTask(layout, id);
    if (read.ok && read.value.status.state === "cancelled" && read.value.status.reason === "ParentFailed")
      found.push(read.value);
  }
  return found;
}

/** The candidates that wait for one of the parents, directly or indirectly. */
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
