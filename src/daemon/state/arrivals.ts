import type { TaskId } from "../../model/identity.ts";
import type { Task } from "../../model/task.ts";

/** Accepted tasks on their way into memory; a large acceptance takes many turns of the loop, and others come beside it. */
export class Arrivals {
  readonly #awaited = new Set<TaskId>();
  /** Of each acceptance, by its name, the batch of the task that came last: those of one batch come one after the other. */
  readonly #coming = new Map<string, string>();
  /** Tasks whose records the system did not let go when this holder began, and why. */
  readonly unread = new Map<TaskId, string>();

  /** These are about to come. */
  expect(ids: readonly TaskId[]): void {
    for (const id of ids) this.#awaited.add(id);
  }

  /** Of these, some are here now, and the others will not come. */
  came(acceptance: string, ids: readonly TaskId[], tasks: readonly Task[]): void {
    for (const id of ids) this.#awaited.delete(id);
    const batch = tasks.at(-1)?.metadata.batch;
    if (batch !== undefined) this.#coming.set(acceptance, batch);
  }

  /** Nothing more comes of an acceptance for now. */
  end(acceptance: string, ids: readonly TaskId[]): void {
    for (const id of ids) this.#awaited.delete(id);
    this.#coming.delete(acceptance);
  }

  isAwaited(id: TaskId): boolean {
    return this.#awaited.has(id);
  }

  /** True for the batch of a task of which others may still come: it has not ended, whatever became of those that are here. */
  isComing(batch: string | undefined): boolean {
    return batch !== undefined && this.#coming.values().some((one) => one === batch);
  }
}
