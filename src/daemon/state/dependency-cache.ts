import { unlessRefused } from "../../lib/errno.ts";
import type { Group } from "../../model/group.ts";
import type { TaskId } from "../../model/identity.ts";
import { doneKeyOfTask, workKeyOf } from "../../model/reuse.ts";
import type { ParentState } from "../../model/spec.ts";
import { isTerminal } from "../../model/state.ts";
import { type Task, whenEndedMs } from "../../model/task.ts";
import type { PlanInput, QuickFailure } from "../../plan/input.ts";
import { type MemberEnd, memberEnd, quickFailuresOf } from "../../plan/quick-failures.ts";
import { doneKeyOf } from "../../store/done-keys.ts";
import type { Layout } from "../../store/layout.ts";
import { failedMembers, lastEndedMembers, parentState } from "../../store/related.ts";

/** Ended tasks that queued ones depend on: parents, failed sweep members, those with the same key. Read from the disk once, then updated by each write. */
export class DependencyCache {
  readonly #layout: Layout;
  /** The queued tasks with parents, a key, or a rule on failures in their sweep. */
  readonly #dependents = new Map<TaskId, Task>();
  /** States of ended parents. */
  #parents = new Map<TaskId, ParentState>();
  /** Failed members by the id of their group. */
  #failed = new Map<number, Set<TaskId>>();
  /** Ends of members by the id of their group: the last that was no quick failure, and all since. */
  #ends = new Map<number, Map<TaskId, MemberEnd>>();
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
    const done = doneKeyOfTask(task);
    if (done !== undefined) this.#doneKeys.set(done, metadata.id);
    const ends = metadata.group === undefined ? undefined : this.#ends.get(metadata.group.id);
    if (ends !== undefined) takeEnd(ends, task);
    const { maxFailures, holdAfter } = metadata.group ?? {};
    const hasDependents = [spec.after, workKeyOf(task), maxFailures, holdAfter].some(
      (one) => one !== undefined,
    );
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
  ): Pick<PlanInput, "parents" | "failedMembers" | "doneKeys" | "quickFailures"> {
    const parents = new Map<TaskId, ParentState>();
    const doneKeys = new Map<string, TaskId | null>();
    const failed = new Map<number, Set<TaskId>>();
    const ends = new Map<number, Map<TaskId, MemberEnd>>();
    const quickFailures = new Map<number, readonly QuickFailure[]>();
    for (const task of this.#dependents.values()) {
      const { spec, metadata } = task;
      for (const { task: id } of spec.after ?? []) {
        if (!parents.has(id)) parents.set(id, this.#parentState(id, unfinished));
      }
      const key = workKeyOf(task);
      if (key !== undefined && !doneKeys.has(key)) doneKeys.set(key, this.#doneBy(key));
      const { group } = metadata;
      if (group?.holdAfter !== undefined && !ends.has(group.id)) {
        const own = this.#ends.get(group.id) ?? this.#endsOf(group);
        ends.set(group.id, own);
        quickFailures.set(group.id, quickFailuresOf(own.values(), group));
      }
      if (group?.maxFailures === undefined || failed.has(group.id)) continue;
      failed.set(group.id, this.#failed.get(group.id) ?? failedMembers(this.#layout, group));
    }
    // Entries that no queued task depends on are dropped.
    this.#parents = new Map([...parents].filter(([, state]) => state !== "unfinished"));
    this.#failed = failed;
    this.#doneKeys = doneKeys;
    this.#ends = ends;
    return {
      quickFailures,
      parents,
      failedMembers: new Map([...failed].map(([id, members]) => [id, members.size])),
      doneKeys: new Map([...doneKeys].flatMap(([key, id]) => (id === null ? [] : [[key, id]]))),
    };
  }

  #endsOf(group: Group): Map<TaskId, MemberEnd> {
    const ends = new Map<TaskId, MemberEnd>();
    const members = lastEndedMembers(this.#layout, group);
    for (const task of members.toSorted(byEnd)) takeEnd(ends, task);
    return ends;
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

/** Notes how a member ended, or that it no longer has. */
function takeEnd(ends: Map<TaskId, MemberEnd>, task: Task): void {
  const end = memberEnd(task);
  ends.delete(task.metadata.id);
  if (end === null) return;
  if (!end.isQuickFailure) ends.clear();
  ends.set(end.task, end);
}

function byEnd(left: Task, right: Task): number {
  return (whenEndedMs(left) ?? 0) - (whenEndedMs(right) ?? 0);
}
