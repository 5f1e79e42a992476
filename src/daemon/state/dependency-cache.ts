import type { TaskId } from "../../model/identity.ts";
import type { ParentState } from "../../model/spec.ts";
import { isTerminal } from "../../model/state.ts";
import type { Task } from "../../model/task.ts";
import type { PlanInput } from "../../plan/input.ts";
import type { Layout } from "../../store/layout.ts";
import { failedMembers, parentState } from "../../store/related.ts";

/** Ended tasks that queued ones depend on: parents and failed sweep members. Read from the disk once, then updated by each write. */
export class DependencyCache {
  readonly #layout: Layout;
  /** The queued tasks with parents or a limit of failures in their sweep. */
  readonly #dependents = new Map<TaskId, Task>();
  /** States of ended parents. */
  #parents = new Map<TaskId, ParentState>();
  /** Failed members by the id of their group. */
  #failed = new Map<number, Set<TaskId>>();

  constructor(layout: Layout) {
    this.#layout = layout;
  }

  /** Takes over a task that was written. */
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

  /** Drops a task whose record is gone. */
  remove(id: TaskId): void {
    this.#dependents.delete(id);
  }

  /** States of the parents and numbers of failed members that queued tasks depend on; `unfinished` are all tasks in memory. */
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
    // Entries that no queued task depends on are dropped.
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
