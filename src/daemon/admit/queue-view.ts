import { idFromFileName, numberOf, type TaskId } from "../../model/identity.ts";
import type { Task } from "../../model/task.ts";
import { Finder } from "../../store/finder.ts";
import type { Layout } from "../../store/layout.ts";
import { readTasks } from "../../store/reader.ts";

/** The queue as a submission sees it: each part is read from the disk once, when it is first needed; `add` extends it. */
export class QueueView {
  readonly #layout: Layout;
  readonly #added: Task[] = [];
  #finder: Finder | null = null;
  #unfinished: Task[] | null = null;
  #failed: readonly Task[] | null = null;
  #named: Map<string, Task[]> | null = null;
  #sweeps: ReadonlyMap<string, readonly TaskId[]> | null = null;
  #lanes: Map<string, number> | null = null;

  constructor(layout: Layout) {
    this.#layout = layout;
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

  /** The unfinished tasks of a name. */
  named(name: string): readonly Task[] {
    return this.#byName.get(name) ?? [];
  }

  /** The names of unfinished tasks. */
  get names(): Iterable<string> {
    return this.#byName.keys();
  }

  /** The members of the newest sweep of a name that have not succeeded yet. */
  inSweep(name: string): readonly TaskId[] {
    this.#failed ??= readTasks(this.#layout, ["dead-letter"]);
    this.#sweeps ??= sweepsOf(this.#allUnfinished, this.#failed);
    return this.#sweeps.get(name) ?? [];
  }

  /** The number of queued tasks in a lane. */
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

function put(named: Map<string, Task[]>, task: Task): void {
  const known = named.get(task.metadata.name);
  if (known === undefined) named.set(task.metadata.name, [task]);
  else known.push(task);
}

/** The unsucceeded members of the newest sweep of each name. A sweep whose members have all ended cannot be waited for. */
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
