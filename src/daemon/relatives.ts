import type { ParentState } from "../model/dependency.ts";
import type { TaskId } from "../model/identity.ts";
import { isTerminal } from "../model/state.ts";
import type { Task } from "../model/task.ts";
import type { Surroundings } from "../plan/snapshot.ts";
import type { Layout } from "../store/layout.ts";
import { failedMembers, parentState } from "../store/related.ts";

/** What tasks depend on that have ended already: looked up on disk once, and kept up to date by what is written. */
export class Relatives {
  readonly #layout: Layout;
  /** The queued tasks that have to know of others: mostly few. */
  readonly #asking = new Map<TaskId, Task>();
  /** Of ended parents. */
  #parents = new Map<TaskId, ParentState>();
  /** Failed members by the id of their group. */
  #failed = new Map<number, Set<TaskId>>();

  constructor(layout: Layout) {
    this.#layout = layout;
  }

  /** Hears of a task that was written. */
  take(task: Task): void {
    const { metadata, spec, status } = task;
    this.#parents.delete(metadata.id);
    const failed = metadata.group === undefined ? undefined : this.#failed.get(metadata.group.id);
    if (status.state === "failed") failed?.add(metadata.id);
    else failed?.delete(metadata.id);
    const isAsking = spec.after !== undefined || metadata.group?.maxFailures !== undefined;
    if (isAsking && status.state === "queued") this.#asking.set(metadata.id, task);
    else this.#asking.delete(metadata.id);
  }

  /** A task whose record is gone asks for nothing any more. */
  forget(id: TaskId): void {
    this.#asking.delete(id);
  }

  /** True where a queued task has to know of others. */
  get isAsking(): boolean {
    return this.#asking.size > 0;
  }

  /** What the queued tasks that were taken have to know of others; `unended` are all tasks that are in memory. */
  of(unended: ReadonlyMap<TaskId, Task>): Pick<Surroundings, "parents" | "failedMembers"> {
    const parents = new Map<TaskId, ParentState>();
    const failed = new Map<number, Set<TaskId>>();
    for (const { spec, metadata } of this.#asking.values()) {
      for (const { task } of spec.after ?? []) {
        if (!parents.has(task)) parents.set(task, this.#parentState(task, unended));
      }
      const { group } = metadata;
      if (group?.maxFailures === undefined || failed.has(group.id)) continue;
      failed.set(group.id, this.#failed.get(group.id) ?? failedMembers(this.#layout, group));
    }
    // What nobody asks for any more is forgotten.
    this.#parents = new Map([...parents].filter(([, state]) => state !== "unended"));
    this.#failed = failed;
    return { parents, failedMembers: new Map([...failed].map(([id, members]) => [id, members.size])) };
  }

  #parentState(id: TaskId, unended: ReadonlyMap<TaskId, Task>): ParentState {
    const known = unended.get(id);
    if (known !== undefined && !isTerminal(known.status.state)) return "unended";
    return this.#parents.get(id) ?? parentState(this.#layout, id);
  }
}
