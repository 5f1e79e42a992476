import { lowerBound } from "../../lib/halving.ts";
import type { TaskId } from "../../model/identity.ts";
import type { Task } from "../../model/task.ts";

interface Change {
  readonly id: TaskId;
  readonly number: number;
  /** Null where it is to go. */
  readonly task: Task | null;
}

/**
 * Tasks in the order of their numbers. A list that was handed out never changes: who goes through it may change the queue meanwhile.
 * What has changed since is worked in when the list is asked for again, all of it in one pass.
 */
export class TaskList {
  #tasks: readonly Task[] = [];
  #changes: Change[] = [];

  /** Takes a task in, in the place of its earlier version. */
  put(task: Task): void {
    const { id, number } = task.metadata;
    this.#changes.push({ id, number, task });
  }

  drop({ metadata: { id, number } }: Task): void {
    this.#changes.push({ id, number, task: null });
  }

  get tasks(): readonly Task[] {
    if (this.#changes.length > 0) {
      // Of one task the last change comes last: a sort leaves equal ones in their order.
      this.#tasks = merged(this.#tasks, this.#changes.sort(byNumberThenId));
      this.#changes = [];
    }
    return this.#tasks;
  }
}

/** Of a hundred thousand tasks, those that stay are not looked into: they lie all over the memory. */
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

/** Where a task stands, or would. */
function indexOfTask(
  task: Pick<Change, "id" | "number">,
  { tasks, from }: { readonly tasks: readonly Task[]; readonly from: number },
): number {
  return lowerBound(tasks, ({ metadata }) => byNumberThenId(metadata, task) < 0, from);
}

/** The order of numbers; two tasks of one number come of copying by hand. */
export function byNumberThenId(
  left: Pick<Change, "id" | "number">,
  right: Pick<Change, "id" | "number">,
): number {
  return left.number - right.number || (left.id < right.id ? -1 : Number(left.id > right.id));
}
