import { idFromFileName, numberOf, type TaskId } from "../../model/identity.ts";
import type { Task } from "../../model/task.ts";
import { Finder } from "../../store/finder.ts";
import type { Layout } from "../../store/layout.ts";
import { readTasks } from "../../store/reader.ts";

/** The queue as whoever queues something sees it: read once, as far as it is asked for, and added to by what is queued together. */
export class QueueView {
  readonly #layout: Layout;
  readonly #added: Task[] = [];
  #finder: Finder | null = null;
  #unended: Task[] | null = null;
  #failed: readonly Task[] | null = null;
  #named: Map<string, Task[]> | null = null;
  #sweeps: ReadonlyMap<string, readonly TaskId[]> | null = null;
  #lanes: Map<string, number> | null = null;

  constructor(layout: Layout) {
    this.#layout = layout;
  }

  /** Every id of the home, in the order of their numbers. */
  get ids(): readonly TaskId[] {
    return [...this.#find.ids, ...this.#added.map(({ metadata }) => metadata.id)];
  }

  /** The task that a number or an id stands for. */
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

  /** The unended tasks of a name. */
  named(name: string): readonly Task[] {
    return this.#byName.get(name) ?? [];
  }

  /** The names of unended tasks. */
  get names(): Iterable<string> {
    return this.#byName.keys();
  }

  /** Of the newest sweep of a name, the members that have not succeeded yet. */
  inSweep(name: string): readonly TaskId[] {
    this.#failed ??= readTasks(this.#layout, ["dead-letter"]);
    this.#sweeps ??= sweepsOf(this.#living, this.#failed);
    return this.#sweeps.get(name) ?? [];
  }

  /** How many wait in a lane. */
  inLane(slot: string): number {
    this.#lanes ??= countLanes(this.#living.filter(({ status }) => status.state === "queued"));
    return this.#lanes.get(slot) ?? 0;
  }

  /** These are about to be queued too. */
  add(tasks: readonly Task[]): void {
    for (const task of tasks) {
      const { slot } = task.spec;
      if (slot !== undefined) this.#lanes?.set(slot, this.inLane(slot) + 1);
      this.#added.push(task);
      this.#unended?.push(task);
      if (this.#named !== null) put(this.#named, task);
      if (task.metadata.group !== undefined) this.#sweeps = null;
    }
  }

  get #find(): Finder {
    return (this.#finder ??= new Finder(this.#layout));
  }

  get #living(): readonly Task[] {
    return (this.#unended ??= [...readTasks(this.#layout, ["running", "pending"]), ...this.#added]);
  }

  get #byName(): ReadonlyMap<string, readonly Task[]> {
    if (this.#named !== null) return this.#named;
    this.#named = new Map();
    for (const task of this.#living) put(this.#named, task);
    return this.#named;
  }
}

function put(named: Map<string, Task[]>, task: Task): void {
  const known = named.get(task.metadata.name);
  if (known === undefined) named.set(task.metadata.name, [task]);
  else known.push(task);
}

/** A sweep of which every member has ended is none that anybody waits for. */
function sweepsOf(tasks: readonly Task[], failed: readonly Task[]): Map<string, TaskId[]> {
  const newest = new Map<string, number>();
  for (const { metadata } of tasks) {
    const { name, id } = metadata.group ?? {};
    if (name !== undefined && id !== undefined) newest.set(name, Math.max(newest.get(name) ?? 0, id));
  }
  const sweeps = new Map<string, TaskId[]>();
  for (const { metadata } of [...tasks, ...failed]) {
    const { group, id } = metadata;
    if (group === undefined || newest.get(group.name) !== group.id) continue;
    const known = sweeps.get(group.name);
    if (known === undefined) sweeps.set(group.name, [id]);
    else known.push(id);
  }
  return sweeps;
}

function countLanes(tasks: readonly Task[]): Map<string, number> {
  const lanes = new Map<string, number>();
  for (const { spec } of tasks)
    if (spec.slot !== undefined) lanes.set(spec.slot, (lanes.get(spec.slot) ?? 0) + 1);
  return lanes;
}
