import { unlessRefused } from "../../lib/errno.ts";
import type { TaskId } from "../../model/identity.ts";
import type { ParentState } from "../../model/spec.ts";
import { isTerminal } from "../../model/state.ts";
import type { Task } from "../../model/task.ts";
import type { PlanInput } from "../../plan/input.ts";
import { doneKeyOf } from "../../store/done-keys.ts";
import type { Layout } from "../../store/layout.ts";
import { failedMembers, parentState } from "../../store/related.ts";

/** Ended tasks that queued ones depend on: parents, failed sweep members, those with the same key. Read from the disk once, then updated by each write. */
export class DependencyCache {
  readonly #layout: Layout;
  /** The queued tasks with parents, a key, or a limit of failures in their sweep. */
  readonly #dependents = new Map<TaskId, Task>();
  /** States of ended parents. */
  #parents = new Map<TaskId, ParentState>();
  /** Failed members by the id of their group. */
  #failed = new Map<number, Set<TaskId>>();
  /** The last success of each key that a queued task has; null for none. */
  #doneKeys = new Map<string, TaskId | null>();

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
    if (spec.key !== undefined && status.state === "completed") this.#doneKeys.set(spec.key, metadata.id);
    const hasDependents =
      spec.after !== undefined || spec.key !== undefined || metadata.group?.maxFailures !== undefined;
    if (hasDependents && status.state === "queued") this.#dependents.set(metadata.id, task);
    else this.#dependents.delete(metadata.id);
  }

  /** Drops a task whose record is gone. */
  remove(id: TaskId): void {
    this.#dependents.delete(id);
  }

  /** States of the parents and numbers of failed members that queued tasks depend on; `unfinished` are all tasks in memory. */
  statesFor(
    unfinished: ReadonlyMap<TaskId, Task>,
  ): Pick<PlanInput, "parents" | "failedMembers" | "doneKeys"> {
    const parents = new Map<TaskId, ParentState>();
    const doneKeys = new Map<string, TaskId | null>();
    const failed = new Map<number, Set<TaskId>>();
    for (const { spec, metadata } of this.#dependents.values()) {
      for (const { task } of spec.after ?? []) {
        if (!parents.has(task)) parents.set(task, this.#parentState(task, unfinished));
      }
      const { key } = spec;
      if (key !== undefined && !doneKeys.has(key)) doneKeys.set(key, this.#doneBy(key));
      const { group } = metadata;
      if (group?.maxFailures === undefined || failed.has(group.id)) continue;
      failed.set(group.id, this.#failed.get(group.id) ?? failedMembers(this.#layout, group));
    }
    // Entries that no queued task depends on are dropped.
    this.#parents = new Map([...parents].filter(([, state]) => state !== "unfinished"));
    this.#failed = failed;
    this.#doneKeys = doneKeys;
    return {
      parents,
      failedMembers: new Map([...failed].map(([id, members]) => [id, members.size])),
      doneKeys: new Map([...doneKeys].flatMap(([key, id]) => (id === null ? [] : [[key, id]]))),
    };
  }

  #doneBy(key: string): TaskId | null {
    const known = this.#doneKeys.get(key);
    if (known !== undefined) return known;
    return unlessRefused(() => doneKeyOf(this.#layout, key), null)?.task ?? null;
  }

  #parentState(id: TaskId, unfinished: ReadonlyMap<TaskId, Task>): ParentState {
    const known = unfinished.get(id);
    if (known !== undefined && !isTerminal(known.status.state)) return "unfinished";
    return this.#parents.get(id) ?? parentState(this.#layout, id);
  }
}
