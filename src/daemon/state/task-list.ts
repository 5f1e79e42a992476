import { lowerBound } from "../../lib/halving.ts";
import type { TaskId } from "../../model/identity.ts";
import type { Task } from "../../model/task.ts";

interface Change {
  readonly id: TaskId;
  readonly number: number;
  /** Null to remove it. */
  readonly task: Task | null;
}

/**
 * Tasks by number. An array that was returned never changes: a caller may change the queue while it iterates. Changes are collected and
 * merged in one pass when `tasks` is read again.
 */
export class TaskList {
  #tasks: readonly Task[] = [];
  #changes: Change[] = [];

  /** Adds a task, or replaces its earlier version. */
  put(task: Task): void {
    const { id, number } = task.metadata;
    this.#changes.push({ id, number, task });
  }

  drop({ metadata: { id, number } }: Task): void {
    this.#changes.push({ id, number, task: null });
  }

  get tasks(): readonly Task[] {
    if (this.#changes.length > 0) {
      // The sort is stable: of one task, the last change stays last.
      this.#tasks = merged(this.#tasks, this.#changes.sort(byNumberThenId));
      this.#changes = [];
    }
    return this.#tasks;
  }
}

/** Copies the tasks between two changes without reading them: of a hundred thousand, each read is a cache miss. */
function merged(tasks: readonly Task[], changes: readonly Change[]): Task[] {
  const made: Task[] = [];
  let at = 0;
  const copyTo = (end: number): void => {
    for (; at < end; at += 1) made.push(tasks[at] as Task);
  };
  for (const [index, { id, number, task }] of changes.entries()) {
    const next = changes[index + 1];
    if (next?.id === id && next.number === number) continue;
    copyTo(indexOfTask({ id, number }, { tasks, from: at }));
    if (tasks[at]?.metadata.id === id) at += 1;
    if (task !== null) made.push(task);
  }
  copyTo(tasks.length);
  return made;
}

/** The index of a task, or the one at which it would be inserted. */
function indexOfTask(
  task: Pick<Change, "id" | "number">,
  { tasks, from }: { readonly tasks: readonly Task[]; readonly from: number },
): number {
  return lowerBound(tasks, ({ metadata }) => byNumberThenId(metadata, task) < 0, from);
}

/** Orders by number, then by id: a record that was copied by hand has the number of another. */
export function byNumberThenId(
  left: Pick<Change, "id" | "number">,
  right: Pick<Change, "id" | "number">,
): number {
  return left.number - right.number || (left.id < right.id ? -1 : Number(left.id > right.id));
}
