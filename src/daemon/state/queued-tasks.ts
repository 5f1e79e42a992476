import { lowerBound } from "../../lib/halving.ts";
import type { Task } from "../../model/task.ts";
import { byAge } from "../../plan/order.ts";
import { isUnconstrained, type PriorityBucket, type Queue } from "../../plan/queue.ts";
import { byNumberThenId, TaskList } from "./task-list.ts";

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
    if (this.#lines.size === 0) return this.#bound.tasks;
    const tasks = [this.#bound, ...this.#lines.values()].flatMap((row) => row.tasks);
    return tasks.sort((left, right) => byNumberThenId(left.metadata, right.metadata));
  }

  /** Good until the next one comes or goes. */
  get queue(): Queue {
    return { gated: this.#bound.tasks, buckets: [...this.#lines.values()] };
  }

  /** Takes a task in that is not there in any version. */
  put(task: Task): void {
    this.#size += 1;
    if (!isUnconstrained(task)) return this.#bound.put(task);
    const { priority } = task.spec;
    const line = this.#lines.get(priority) ?? new FreeLine(priority);
    this.#lines.set(priority, line);
    line.put(task);
  }

  /** Lets go of a task, in the version that was put in. */
  drop(task: Task): void {
    this.#size -= 1;
    if (!isUnconstrained(task)) return this.#bound.drop(task);
    const line = this.#lines.get(task.spec.priority);
    line?.drop(task);
    if (line?.tasks.length === 0) this.#lines.delete(line.priority);
  }
}

/** A line that changes in place: mostly its first ones go, and others come behind its last. */
class FreeLine implements PriorityBucket {
  readonly priority: number;
  readonly tasks: Task[] = [];

  constructor(priority: number) {
    this.priority = priority;
  }

  put(task: Task): void {
    const last = this.tasks.at(-1);
    if (last === undefined || inLine(last, task) < 0) this.tasks.push(task);
    else this.tasks.splice(this.#placeOf(task), 0, task);
  }

  drop(task: Task): void {
    const at = this.#placeOf(task);
    if (this.tasks[at]?.metadata.id === task.metadata.id) this.tasks.splice(at, 1);
  }

  #placeOf(task: Task): number {
    return lowerBound(this.tasks, (one) => inLine(one, task) < 0);
  }
}

function inLine(left: Task, right: Task): number {
  return byAge(left, right) || byNumberThenId(left.metadata, right.metadata);
}
