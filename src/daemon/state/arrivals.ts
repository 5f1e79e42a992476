import type { TaskId } from "../../model/identity.ts";
import type { Task } from "../../model/task.ts";

/** Accepted tasks that are not in memory yet: a large batch is published over many turns of the loop, and others beside it. */
export class Arrivals {
  readonly #awaited = new Set<TaskId>();
  /** Batch of the last task that arrived, by the name of its acceptance: the tasks of one batch arrive one after the other. */
  readonly #coming = new Map<string, string>();
  /** Tasks whose records could not be read at the start of this supervisor, and why. */
  readonly unread = new Map<TaskId, string>();

  expect(ids: readonly TaskId[]): void {
    for (const id of ids) this.#awaited.add(id);
  }

  /** Ends the wait for `ids`: `tasks` of them are in memory now, the others will not come. */
  came(acceptance: string, ids: readonly TaskId[], tasks: readonly Task[]): void {
    for (const id of ids) this.#awaited.delete(id);
    const batch = tasks.at(-1)?.metadata.batch;
    if (batch !== undefined) this.#coming.set(acceptance, batch);
  }

  /** Ends an acceptance: none of its tasks is awaited any more. */
  end(acceptance: string, ids: readonly TaskId[]): void {
    for (const id of ids) this.#awaited.delete(id);
    this.#coming.delete(acceptance);
  }

  /** How many tasks are awaited. */
  get size(): number {
    return this.#awaited.size;
  }

  isAwaited(id: TaskId): boolean {
    return this.#awaited.has(id);
  }

  /** True for a batch of which more tasks may arrive: it has not ended, even if all its tasks in memory have. */
  isComing(batch: string | undefined): boolean {
    return batch !== undefined && this.#coming.values().some((one) => one === batch);
  }
}
