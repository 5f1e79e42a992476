import { ok } from "../../lib/result.ts";
import type { Group } from "../../model/group.ts";
import { idFromFileName, nameFrom, nameOf, numberOf, type TaskId } from "../../model/identity.ts";
import type { DependencyEnd } from "../../model/spec.ts";
import { ENDED_PLACES, type State } from "../../model/state.ts";
import type { Draft } from "../../model/submission.ts";
import type { Task } from "../../model/task.ts";
import { Finder } from "../../store/finder.ts";
import type { Layout } from "../../store/layout.ts";
import { readOpenGroup } from "../../store/open-groups.ts";
import { eachOutline } from "../../store/outlines.ts";
import { readTask, readTasks } from "../../store/reader.ts";
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

  /** The members that a dependent waits for of the newest unfinished sweep of a name. */
  inSweep(name: string, when: DependencyEnd): readonly TaskId[] {
    this.#sweeps ??= sweepsOf(this.#allUnfinished);
    const sweep = this.#sweeps.get(name);
    return sweep === undefined ? [] : this.#awaitedOf(sweep, when);
  }

  /** The members that a dependent waits for of a closed group of this name; "open" where more may join it, null where there is none. */
  inGroup(name: string, when: DependencyEnd): readonly TaskId[] | "open" | null {
    const group = readOpenGroup(this.#layout, name);
    // Another task has this name.
    if (group === null || this.named(name).some(({ metadata }) => metadata.openGroup?.id !== group.id))
      return null;
    if (group.closedAt === undefined) return "open";
    const ended = eachOutline(this.#layout, ENDED_PLACES);
    const members = new Map(
      [...ended, ...this.#allUnfinished]
        .filter(({ metadata }) => metadata.openGroup?.id === group.id)
        .map(({ metadata, status }) => [metadata.id, status.state]),
    );
    if (members.size === 0) return null;
    return [...members].filter(([, state]) => isWaitedFor(state, when)).map(([id]) => id);
  }

  /** The newest of the tasks and sweeps of a name where all have ended; of a sweep, the members that a dependent waits for. Null for none. */
  ended(name: string, when: DependencyEnd): readonly TaskId[] | null {
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
      if (metadata.group?.name === name) return this.#awaitedOf(metadata.group, when);
    }
    return null;
  }

  /**
   * The members of a sweep, but those whose success is enough: a cancelled one holds its dependents up, as one does that is named by its
   * number. Their numbers are consecutive.
   */
  #awaitedOf({ id: first, size }: Pick<Group, "id" | "size">, when: DependencyEnd): TaskId[] {
    const known = new Map(this.#allUnfinished.map((task) => [task.metadata.id, task]));
    const ids = new Set([
      ...this.#find.inRange(first, first + size - 1),
      ...this.#added.map(({ metadata }) => metadata.id),
    ]);
    return [...ids].filter((id) => {
      const task = known.get(id);
      const read = task === undefined ? readTask(this.#layout, id) : ok(task);
      if (!read.ok || read.value.metadata.group?.id !== first) return false;
      return isWaitedFor(read.value.status.state, when);
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
      if (task.metadata.group !== undefined) this.#sweeps = null;
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

/** False for a member whose success is enough. */
function isWaitedFor(state: State, when: DependencyEnd): boolean {
  return when === "failure" || when === "oneOf" || state !== "completed";
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
