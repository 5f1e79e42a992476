import type { TaskId } from "../../model/identity.ts";
import type { Task } from "../../model/task.ts";

/** Accepted tasks on their way into memory, one acceptance at a time: a large one takes many turns of the loop. */
export class Arrivals {
  readonly #awaited = new Set<TaskId>();
  readonly #batches = new Set<string>();
  /** Tasks whose records the system did not let go when this holder began, and why. */
  readonly unread = new Map<TaskId, string>();

  /** These are about to come. */
  expect(ids: readonly TaskId[]): void {
    for (const id of ids) this.#awaited.add(id);
  }

  /** Of these, some are here now, and the others will not come. */
  came(ids: readonly TaskId[], tasks: readonly Task[]): void {
    for (const id of ids) this.#awaited.delete(id);
    for (const { metadata } of tasks) if (metadata.batch !== undefined) this.#batches.add(metadata.batch);
    if (this.#awaited.size === 0) this.#batches.clear();
  }

  /** Nothing more comes for now. */
  end(): void {
    this.#awaited.clear();
    this.#batches.clear();
  }

  isAwaited(id: TaskId): boolean {
    return this.#awaited.has(id);
  }

  /** True for the batch of a task of which others may still come: it has not ended, whatever became of those that are here. */
  isComing(batch: string | undefined): boolean {
    return batch !== undefined && this.#batches.has(batch);
  }
}
