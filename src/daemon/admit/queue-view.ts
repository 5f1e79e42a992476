import type { Group } from "../../model/group.ts";
import { idFromFileName, nameFrom, nameOf, numberOf, type TaskId } from "../../model/identity.ts";
import { ENDED_PLACES } from "../../model/state.ts";
import type { Draft } from "../../model/submission.ts";
import type { Task } from "../../model/task.ts";
import { Finder } from "../../store/finder.ts";
import type { Layout } from "../../store/layout.ts";
import { readOpenGroup } from "../../store/open-groups.ts";
import { eachOutline } from "../../store/outlines.ts";
import { readTask, readTasks, TaskReader } from "../../store/reader.ts";
import type { CodeOf } from "./code.ts";
import { withoutSameWork } from "./same-work.ts";

/** The queue as a submission sees it: each part is read from the disk once, when it is first needed; `add` extends it. */
export class QueueView {
  readonly #layout: Layout;
  readonly #added: Task[] = [];
  #finder: Finder | null = null;
  #unfinished: Task[] | null = null;
  #named: Map<string, Task[]> | null = null;
  #sweeps: ReadonlyMap<string, Group> | null = null;
  /** The members of sweeps by the number of the first. */
  readonly #members = new Map<number, readonly TaskId[]>();
  #lanes: Map<string, number> | null = null;

  constructor(layout: Layout, { isMade = true }: { readonly isMade?: boolean } = {}) {
    this.#layout = layout;
    if (isMade) return;
    // The folders of the home do not exist yet.
    this.#finder = new Finder(layout, []);
    this.#unfinished = [];
  }

  /** Every id of the home, ordered by number. */
  get ids(): readonly TaskId[] {
    return [...this.#find.ids, ...this.#added.map(({ metadata }) => metadata.id)];
  }

  /** The id of the task with this number or id; null where there is none. */
  idOf(reference: string): TaskId | null {
    const isNumber = /^\d+$/.test(reference);
    const own = this.#added.find(({ metadata: { id } }) =>
      isNumber ? numberOf(id) === Number(reference) : id === reference,
    );
    if (own !== undefined) return own.metadata.id;
    if (isNumber) return this.#find.byNumber(Number(reference)).at(-1) ?? null;
    const id = idFromFileName(`${reference}.json`);
    return id !== null && this.#find.has(id) ? id : null;
  }

  named(name: string): readonly Task[] {
    return this.#byName.get(name) ?? [];
  }

  /** The names of unfinished tasks. */
  get names(): Iterable<string> {
    return this.#byName.keys();
  }

  /** What is left of drafts whose `key`, or work with `reuse`, another task has; see `withoutSameWork`. */
  without(drafts: readonly Draft[], code?: CodeOf): ReturnType<typeof withoutSameWork> {
    const unfinished = (): readonly Task[] => this.#allUnfinished;
    return withoutSameWork(drafts, { layout: this.#layout, unfinished, code, isOfKeysAlone: true });
  }

  /** The ids of the tasks with numbers in a range. */
  inRange(first: number, last: number): readonly TaskId[] {
    const own = this.#added.map(({ metadata }) => metadata.id);
    return [
      ...new Set([
        ...this.#find.inRange(first, last),
        ...own.filter((id) => numberOf(id) >= first && numberOf(id) <= last),
      ]),
    ];
  }

  /** The members of a closed group of this name, in order; "open" where more may join it, null where there is none. */
  inGroup(name: string): readonly TaskId[] | "open" | null {
    const group = readOpenGroup(this.#layout, name);
    // Another task has this name.
    if (group === null || this.named(name).some(({ metadata }) => metadata.openGroup?.id !== group.id))
      return null;
    if (group.closedAt === undefined) return "open";
    // Unfinished ones were read first: a task that ends meanwhile is in both.
    const members = [...this.#allUnfinished, ...eachOutline(this.#layout, ENDED_PLACES)]
      .filter(({ metadata }) => metadata.openGroup?.id === group.id)
      .map(({ metadata }) => metadata.id);
    const inOrder = [...new Set(members)].toSorted((left, right) => numberOf(left) - numberOf(right));
    return inOrder.length === 0 ? null : inOrder;
  }

  /** The members of the newest unfinished sweep of a name. */
  inSweep(name: string): readonly TaskId[] {
    this.#sweeps ??= sweepsOf(this.#allUnfinished);
    const sweep = this.#sweeps.get(name);
    return sweep === undefined ? [] : this.#membersOf(sweep);
  }

  /** The newest of the tasks and sweeps of a name where all have ended; of a sweep, its members. Null for none. */
  ended(name: string): readonly TaskId[] | null {
    const slug = nameFrom(name);
    for (const id of this.ids.toReversed()) {
      // The default name of a member is that of its sweep, a dash and its index.
      const own = nameOf(id);
      if (!own.startsWith(slug) || !/^(?:-\d+)?$/.test(own.slice(slug.length))) continue;
      const read = readTask(this.#layout, id);
      // A dependent waits for a record that cannot be read, as for one that is named by its number.
      if (!read.ok && read.error.type !== "missing" && own === name) return [id];
      if (!read.ok) continue;
      const { metadata } = read.value;
      if (metadata.name === name) return [id];
      if (metadata.group?.name === name) return this.#membersOf(metadata.group);
    }
    return null;
  }

  /** The members of a sweep, also those that have ended: a dependent reads their results. Their numbers are consecutive. */
  #membersOf({ id: first, size }: Pick<Group, "id" | "size">): readonly TaskId[] {
    return this.#members.getOrInsertComputed(first, () => {
      const known = new Map(this.#allUnfinished.map((task) => [task.metadata.id, task]));
      const reader = new TaskReader(this.#layout);
      return this.inRange(first, first + size - 1).filter((id) => {
        const task = known.get(id);
        if (task !== undefined) return task.metadata.group?.id === first;
        const read = reader.read(id);
        // A dependent waits for a record that cannot be read.
        return read.ok ? read.value.metadata.group?.id === first : read.error.type !== "missing";
      });
    });
  }

  inLane(slot: string): number {
    this.#lanes ??= countLanes(this.#allUnfinished.filter(({ status }) => status.state === "queued"));
    return this.#lanes.get(slot) ?? 0;
  }

  /** Adds tasks that are about to be queued by the same submission. */
  add(tasks: readonly Task[]): void {
    for (const task of tasks) {
      const { slot } = task.spec;
      if (slot !== undefined) this.#lanes?.set(slot, this.inLane(slot) + 1);
      this.#added.push(task);
      this.#unfinished?.push(task);
      if (this.#named !== null) put(this.#named, task);
      if (task.metadata.group === undefined) continue;
      this.#sweeps = null;
      this.#members.delete(task.metadata.group.id);
    }
  }

  get #find(): Finder {
    return (this.#finder ??= new Finder(this.#layout));
  }

  get #allUnfinished(): readonly Task[] {
    return (this.#unfinished ??= [...readTasks(this.#layout, ["running", "pending"]), ...this.#added]);
  }

  get #byName(): ReadonlyMap<string, readonly Task[]> {
    if (this.#named !== null) return this.#named;
    this.#named = new Map();
    for (const task of this.#allUnfinished) put(this.#named, task);
    return this.#named;
  }
}

function put(named: Map<string, Task[]>, task: Task): void {
  const known = named.get(task.metadata.name);
  if (known === undefined) named.set(task.metadata.name, [task]);
  else known.push(task);
}

/** The newest sweep of each name among some tasks. */
function sweepsOf(tasks: readonly Task[]): Map<string, Group> {
  const newest = new Map<string, Group>();
  for (const { metadata } of tasks) {
    const { group } = metadata;
    if (group !== undefined && group.id >= (newest.get(group.name)?.id ?? 0)) newest.set(group.name, group);
  }
  return newest;
}

function countLanes(tasks: readonly Task[]): Map<string, number> {
  const lanes = new Map<string, number>();
  for (const { spec } of tasks)
    if (spec.slot !== undefined) lanes.set(spec.slot, (lanes.get(spec.slot) ?? 0) + 1);
  return lanes;
}
