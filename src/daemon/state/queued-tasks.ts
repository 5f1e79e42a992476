import { lowerBound } from "../../lib/halving.ts";
import type { Task } from "../../model/task.ts";
import { byAge, isUnconstrained, type PriorityBucket, type Queue } from "../../plan/queue.ts";
import { byNumberThenId, TaskList } from "./task-list.ts";

/**
 * The queued tasks, sorted as they come and go into those with a gate and, by priority, those without: a turn of the loop then costs
 * as much with a hundred thousand tasks as with a few.
 */
export class QueuedTasks {
  readonly #gated = new TaskList();
  readonly #buckets = new Map<number, Bucket>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** All of them by number; sorts where there are unconstrained ones. */
  get tasks(): readonly Task[] {
    if (this.#buckets.size === 0) return this.#gated.tasks;
    const tasks = [this.#gated, ...this.#buckets.values()].flatMap((row) => row.tasks);
    return tasks.sort((left, right) => byNumberThenId(left.metadata, right.metadata));
  }

  /** Valid until the next `put` or `drop`. */
  get queue(): Queue {
    return { gated: this.#gated.tasks, buckets: [...this.#buckets.values()] };
  }

  /** Adds a task of which no version is in the list. */
  put(task: Task): void {
    this.#size += 1;
    if (!isUnconstrained(task)) return this.#gated.put(task);
    const { priority } = task.spec;
    const bucket = this.#buckets.get(priority) ?? new Bucket(priority);
    this.#buckets.set(priority, bucket);
    bucket.put(task);
  }

  /** Removes a task, given in the version that was added. */
  drop(task: Task): void {
    this.#size -= 1;
    if (!isUnconstrained(task)) return this.#gated.drop(task);
    const bucket = this.#buckets.get(task.spec.priority);
    bucket?.drop(task);
    if (bucket?.tasks.length === 0) this.#buckets.delete(bucket.priority);
  }
}

/** Changes in place: usually the first task is removed, and new ones are added at the end. */
class Bucket implements PriorityBucket {
  readonly priority: number;
  readonly tasks: Task[] = [];

  constructor(priority: number) {
    this.priority = priority;
  }

  put(task: Task): void {
    const last = this.tasks.at(-1);
    if (last === undefined || byAgeThenNumber(last, task) < 0) this.tasks.push(task);
    else this.tasks.splice(this.#indexOf(task), 0, task);
  }

  drop(task: Task): void {
    const at = this.#indexOf(task);
    if (this.tasks[at]?.metadata.id === task.metadata.id) this.tasks.splice(at, 1);
  }

  #indexOf(task: Task): number {
    return lowerBound(this.tasks, (one) => byAgeThenNumber(one, task) < 0);
  }
}

function byAgeThenNumber(left: Task, right: Task): number {
  return byAge(left, right) || byNumberThenId(left.metadata, right.metadata);
}
