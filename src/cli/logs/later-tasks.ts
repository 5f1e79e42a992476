import type { TaskId } from "../../model/identity.ts";
import { isTerminal } from "../../model/state.ts";
import type { Task } from "../../model/task.ts";
import type { Layout } from "../../store/layout.ts";
import { idsIn, readTask } from "../../store/reader.ts";

/** So many records are read in one turn, as a sweep may have thousands of members that wait. */
const READ_EACH_TURN = 32;

export function isUnstarted({ status }: Task): boolean {
  return status.attempt === 0 && !isTerminal(status.state);
}

/** Tasks that have not started: most of a long sweep. */
export class LaterTasks {
  readonly #layout: Layout;
  readonly #waiting: Set<TaskId>;

  constructor(layout: Layout, tasks: readonly Task[]) {
    this.#layout = layout;
    this.#waiting = new Set(tasks.map(({ metadata: { id } }) => id));
  }

  get isEmpty(): boolean {
    return this.#waiting.size === 0;
  }

  has({ metadata: { id } }: Task): boolean {
    return this.#waiting.has(id);
  }

  /** Those that are found to have started since the last call; one that ended or was removed without a start is dropped. */
  started(): Task[] {
    if (this.isEmpty) return [];
    const running = idsIn(this.#layout, "running").filter((id) => this.#waiting.has(id));
    // One that is short is not seen in running/: each is read in its turn.
    const some = [...this.#waiting].slice(0, READ_EACH_TURN);
    return [...new Set([...running, ...some])].flatMap((id) => {
      this.#waiting.delete(id);
      const read = readTask(this.#layout, id);
      if (!read.ok) return [];
      if (isUnstarted(read.value)) this.#waiting.add(id);
      return read.value.status.attempt === 0 ? [] : [read.value];
    });
  }
}
