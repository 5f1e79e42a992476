import { lowerBound } from "../../lib/halving.ts";
import type { Stamp } from "../../lib/long-folder.ts";
import { chunksOf, type Steps, sortedInSteps } from "../../lib/steps.ts";
import { apiRowOf, type TaskRow } from "../../model/api/task-row.ts";
import { nameOf, numberOf, type TaskId } from "../../model/identity.ts";
import { type Outline, sharedOutline } from "../../model/outline.ts";
import { isTerminal, type State } from "../../model/state.ts";
import type { Task } from "../../model/task.ts";

/** Ended tasks, those with the highest numbers, that are kept as rows. */
const MAX_ENDED = 5_000;
/** Rows beyond them before the oldest are dropped: each time, all tasks are passed over. */
const SLACK = 500;
/** More tasks at once are sorted in, each of fewer is put in its place. */
const FEW = 500;

/** A task as the mirror keeps it. */
export interface MirrorEntry {
  readonly id: TaskId;
  readonly number: number;
  /** Null for one in done/ that was not looked at: completed or cancelled. */
  state: State | null;
  /** The whole of an unfinished one. */
  task: Task | null;
  /** Of an ended one, while it is among the newest. */
  ended: { readonly outline: Outline; readonly row: TaskRow } | null;
  /** Of the file that it was read from; null where it may have changed since without a new one. */
  stamp: Stamp | null;
}

/** All tasks of a home in the order of their numbers, in memory as far as they are listed often. */
export class MirrorTasks {
  readonly #byId = new Map<TaskId, MirrorEntry>();
  /** By the name in the id. */
  readonly #byName = new Map<string, Set<MirrorEntry>>();
  #inOrder: MirrorEntry[] = [];
  #rows = 0;
  #version = 0;
  readonly counts = new Map<State | null, number>();

  /** Grows with each change. */
  get version(): number {
    return this.#version;
  }

  get inOrder(): readonly MirrorEntry[] {
    return this.#inOrder;
  }

  of(id: TaskId): MirrorEntry | undefined {
    return this.#byId.get(id);
  }

  /** The index of the first task with this number or a higher one. */
  placeOf(number: number): number {
    return lowerBound(this.#inOrder, (entry) => entry.number < number);
  }

  /** Those with a name in their id, in no order. */
  named(name: string): ReadonlySet<MirrorEntry> {
    return this.#byName.get(name) ?? new Set();
  }

  /** One task of each name that is in use, of the names that came last. */
  oneOfEachName(most: number): TaskId[] {
    return [...this.#byName.values()].slice(-most).flatMap((alike) => alike.values().next().value?.id ?? []);
  }

  /** Those with a number, usually one. */
  withNumber(number: number): readonly MirrorEntry[] {
    return this.#inOrder.slice(this.placeOf(number), this.placeOf(number + 1));
  }

  /** Adds ended tasks that are not looked at yet; `state` is what their folder tells. */
  *add(ids: readonly TaskId[], state: "failed" | null): Steps<void> {
    const added: MirrorEntry[] = [];
    for (const some of chunksOf(ids, FEW)) {
      for (const id of some) {
        if (this.#byId.has(id)) continue;
        const entry = bare(id, state);
        this.#note(entry);
        this.#count(state, 1);
        added.push(entry);
      }
      yield;
    }
    if (added.length === 0) return;
    this.#version += 1;
    if (added.length <= FEW) for (const entry of added) this.#insert(entry);
    else this.#inOrder = yield* sortedInSteps([...this.#inOrder, ...added], byNumber);
  }

  /** Takes a record as it is now; true where it is another than before. */
  put(task: Task, stamp: Stamp | null): boolean {
    const { id } = task.metadata;
    const known = this.#byId.get(id);
    const { state } = task.status;
    const ended = isTerminal(state) ? { outline: outlineOf(task), row: apiRowOf(task) } : null;
    const whole = ended === null ? task : null;
    const isSame =
      known?.state === state && Bun.deepEquals(known.task, whole) && Bun.deepEquals(known.ended, ended);
    const entry = known ?? bare(id, state);
    entry.stamp = stamp;
    if (isSame) return false;
    this.#version += 1;
    if (known === undefined) {
      this.#note(entry);
      this.#insert(entry);
    } else this.#count(known.state, -1);
    this.#count(state, 1);
    this.#rows += Number(ended !== null) - Number(entry.ended !== null);
    Object.assign(entry, { state, task: whole, ended });
    if (this.#rows > MAX_ENDED + SLACK) this.#dropRows();
    return true;
  }

  /** Notes how a task ended that is not kept as a row. */
  tell(id: TaskId, state: State): void {
    const entry = this.#byId.get(id);
    if (entry?.state !== null) return;
    this.#count(null, -1);
    this.#count(state, 1);
    entry.state = state;
    this.#version += 1;
  }

  /** Forgets a task whose record is gone or cannot be read. */
  remove(id: TaskId): boolean {
    const entry = this.#byId.get(id);
    if (entry === undefined) return false;
    this.#byId.delete(id);
    const alike = this.#byName.get(nameOf(id));
    alike?.delete(entry);
    if (alike?.size === 0) this.#byName.delete(nameOf(id));
    const from = this.placeOf(entry.number);
    this.#inOrder.splice(this.#inOrder.indexOf(entry, from), 1);
    this.#count(entry.state, -1);
    this.#rows -= Number(entry.ended !== null);
    this.#version += 1;
    return true;
  }

  #note(entry: MirrorEntry): void {
    this.#byId.set(entry.id, entry);
    this.#byName.getOrInsertComputed(nameOf(entry.id), () => new Set()).add(entry);
  }

  #insert(entry: MirrorEntry): void {
    // Usually it has the highest number.
    this.#inOrder.splice(
      lowerBound(this.#inOrder, (one) => byNumber(one, entry) < 0),
      0,
      entry,
    );
  }

  #count(state: State | null, change: 1 | -1): void {
    this.counts.set(state, (this.counts.get(state) ?? 0) + change);
  }

  #dropRows(): void {
    for (const entry of this.#inOrder) {
      if (this.#rows <= MAX_ENDED) return;
      if (entry.ended === null) continue;
      entry.ended = null;
      entry.stamp = null;
      this.#rows -= 1;
    }
  }
}

/** Of ids in the order of their numbers, those of tasks that are kept as rows. */
export function newestEnded(folders: readonly (readonly TaskId[])[]): Set<TaskId> {
  const near = folders.flatMap((ids) => ids.slice(-MAX_ENDED));
  return new Set(near.sort((left, right) => numberOf(right) - numberOf(left)).slice(0, MAX_ENDED));
}

function bare(id: TaskId, state: State | null): MirrorEntry {
  return { id, number: numberOf(id), state, task: null, ended: null, stamp: null };
}

function byNumber(left: MirrorEntry, right: MirrorEntry): number {
  return left.number - right.number || (left.id < right.id ? -1 : 1);
}

/** What the criteria of a list ask for. */
function outlineOf(task: Task): Outline {
  const shared = sharedOutline(task);
  const { id, name, updatedAt } = task.metadata;
  return {
    ...shared,
    metadata: { ...shared.metadata, id, name, updatedAt },
    status: { ...shared.status, attempts: shared.status.attempts.slice(-1) },
  };
}
