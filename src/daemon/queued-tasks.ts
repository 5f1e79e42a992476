import type { Task } from "../model/task.ts";
import { isBehind, isFree, type Line, type Queue } from "../plan/queue.ts";
import { byPlace, placeOf, TaskList } from "./task-list.ts";

/** The queued tasks, told apart as they come and go: a turn of the loop costs as much with a hundred thousand as with a few. */
export class QueuedTasks {
  readonly #bound = new TaskList();
  readonly #lines = new Map<number, FreeLine>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** All of them in the order of their numbers, for whoever cannot do with less. */
  get tasks(): readonly Task[] {
    const rows = [this.#bound.tasks, ...[...this.#lines.values()].map(({ tasks }) => tasks)];
    const filled = rows.filter(({ length }) => length > 0);
    const tasks = filled.flat();
    return filled.length > 1 ? tasks.sort((left, right) => byPlace(left.metadata, right.metadata)) : tasks;
  }

  /** Good until the next one comes or goes. */
  get queue(): Queue {
    return { bound: this.#bound.tasks, lines: [...this.#lines.values()] };
  }

  /** Takes a task in that is not there in any version. */
  put(task: Task): void {
    this.#size += 1;
    if (!isFree(task)) return this.#bound.put(task);
    const { priority } = task.spec;
    const line = this.#lines.get(priority) ?? new FreeLine(priority);
    this.#lines.set(priority, line);
    line.put(task);
  }

  /** Lets go of a task, in the version that was put in. */
  drop(task: Task): void {
    this.#size -= 1;
    if (!isFree(task)) return this.#bound.drop(task);
    const line = this.#lines.get(task.spec.priority);
    line?.drop(task);
    if (line?.tasks.length === 0) this.#lines.delete(line.priority);
  }
}

/** A line that changes in place: mostly its first ones go, and others come behind its last. */
class FreeLine implements Line {
  readonly priority: number;
  readonly tasks: Task[] = [];
  /** Of neighbours of whom the second was made first: those who submit at the same time take the time before the number. */
  #inversions = 0;

  constructor(priority: number) {
    this.priority = priority;
  }

  get isByAge(): boolean {
    return this.#inversions === 0;
  }

  put(task: Task): void {
    const at = placeOf(task.metadata, { tasks: this.tasks, from: 0 });
    const [before, after] = [this.tasks[at - 1], this.tasks[at]];
    this.#inversions += inversion(before, task) + inversion(task, after) - inversion(before, after);
    this.tasks.splice(at, 0, task);
  }

  drop({ metadata }: Task): void {
    const at = placeOf(metadata, { tasks: this.tasks, from: 0 });
    const [before, task, after] = [this.tasks[at - 1], this.tasks[at], this.tasks[at + 1]];
    if (task?.metadata.id !== metadata.id) return;
    this.#inversions += inversion(before, after) - inversion(before, task) - inversion(task, after);
    this.tasks.splice(at, 1);
  }
}

function inversion(first: Task | undefined, second: Task | undefined): number {
  return second === undefined || isBehind(first, second) ? 0 : 1;
}
