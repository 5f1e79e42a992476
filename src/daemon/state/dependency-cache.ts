import type { TaskId } from "../../model/identity.ts";
import type { ParentState } from "../../model/spec.ts";
import { isTerminal } from "../../model/state.ts";
import type { Task } from "../../model/task.ts";
import type { PlanInput } from "../../plan/input.ts";
import type { Layout } from "../../store/layout.ts";
import { failedMembers, parentState } from "../../store/related.ts";

/** What tasks depend on that have ended already: looked up on disk once, and kept up to date by what is written. */
export class DependencyCache {
  readonly #layout: Layout;
  /** The queued tasks that have to know of others: mostly few. */
  readonly #dependents = new Map<TaskId, Task>();
  /** Of ended parents. */
  #parents = new Map<TaskId, ParentState>();
  /** Failed members by the id of their group. */
  #failed = new Map<number, Set<TaskId>>();

  constructor(layout: Layout) {
    this.#layout = layout;
  }

  /** Hears of a task that was written. */
  upsert(task: Task): void {
    const { metadata, spec, status } = task;
    this.#parents.delete(metadata.id);
    const failed = metadata.group === undefined ? undefined : this.#failed.get(metadata.group.id);
    if (status.state === "failed") failed?.add(metadata.id);
    else failed?.delete(metadata.id);
    const hasDependents = spec.after !== undefined || metadata.group?.maxFailures !== undefined;
    if (hasDependents && status.state === "queued") this.#dependents.set(metadata.id, task);
    else this.#dependents.delete(metadata.id);
  }

  /** A task whose record is gone asks for nothing any more. */
  remove(id: TaskId): void {
    this.#dependents.delete(id);
  }

  /** What the queued tasks that were taken have to know of others; `unended` are all tasks that are in memory. */
  statesFor(unfinished: ReadonlyMap<TaskId, Task>): Pick<PlanInput, "parents" | "failedMembers"> {
    const parents = new Map<TaskId, ParentState>();
    const failed = new Map<number, Set<TaskId>>();
    for (const { spec, metadata } of this.#dependents.values()) {
      for (const { task } of spec.after ?? []) {
        if (!parents.has(task)) parents.set(task, this.#parentState(task, unfinished));
      }
      const { group } = metadata;
      if (group?.maxFailures === undefined || failed.has(group.id)) continue;
      failed.set(group.id, this.#failed.get(group.id) ?? failedMembers(this.#layout, group));
    }
    // What nobody asks for any more is forgotten.
    this.#parents = new Map([...parents].filter(([, state]) => state !== "unfinished"));
    this.#failed = failed;
    return { parents, failedMembers: new Map([...failed].map(([id, members]) => [id, members.size])) };
  }

  #parentState(id: TaskId, unfinished: ReadonlyMap<TaskId, Task>): ParentState {
    const known = unfinished.get(id);
    if (known !== undefined && !isTerminal(known.status.state)) return "unfinished";
    return this.#parents.get(id) ?? parentState(this.#layout, id);
  }
}
