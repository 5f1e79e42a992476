import type { TaskId } from "../../model/identity.ts";
import { isTerminal } from "../../model/state.ts";
import type { Task } from "../../model/task.ts";
import type { Machine, PlanInput } from "../../plan/input.ts";
import type { Queue } from "../../plan/queue.ts";
import type { SupervisorContext } from "../context.ts";
import { Arrivals } from "./arrivals.ts";
import { DependencyCache } from "./dependency-cache.ts";
import { QueuedTasks } from "./queued-tasks.ts";
import { TaskList } from "./task-list.ts";

/** Why the record of a queued task cannot be read now. */
interface Unreadable {
  /** As `Clock.awakeMs`. */
  readonly sinceMs: number;
  /** The error of the system; null where an editor may be saving the record. */
  readonly errno: string | null;
}

/** Every task that has not ended, as its record stands on disk. Only the committer, the publisher and recovery change it. */
export class QueueState {
  readonly arrivals = new Arrivals();
  /** Tasks (by uid) that other processes asked this supervisor to start beside its own. */
  readonly delegatedUids = new Set<string>();
  /** Queued tasks whose records cannot be read now; see `external-edit.ts`. */
  readonly unreadableRecords = new Map<TaskId, Unreadable>();
  readonly #context: SupervisorContext;
  readonly #tasks = new Map<TaskId, Task>();
  readonly #queued = new QueuedTasks();
  readonly #active = new TaskList();
  readonly #dependencies: DependencyCache;
  #revision = 0;

  constructor(context: SupervisorContext) {
    this.#context = context;
    this.#dependencies = new DependencyCache(context.layout);
  }

  get tasks(): ReadonlyMap<TaskId, Task> {
    return this.#tasks;
  }

  /** The queued tasks by number. */
  get queued(): readonly Task[] {
    return this.#queued.tasks;
  }

  /** The tasks with an open attempt, by number. */
  get active(): readonly Task[] {
    return this.#active.tasks;
  }

  get hasQueued(): boolean {
    return this.#queued.size > 0;
  }

  /** Grows with each `upsert` and `remove`: while it is the same, no task was added, changed or removed. */
  get revision(): number {
    return this.#revision;
  }

  /** Tells which queued tasks this supervisor may start; null where it may start all of them. */
  get mayClaim(): ((task: Task) => boolean) | null {
    const { delegatedUids, unreadableRecords } = this;
    const { mayClaim } = this.#context;
    if (mayClaim === null && unreadableRecords.size === 0) return null;
    return (task) =>
      !unreadableRecords.has(task.metadata.id) &&
      (mayClaim === null || mayClaim(task) || delegatedUids.has(task.metadata.uid));
  }

  /** Stores a task as its record stands on disk; drops it if it has ended. */
  upsert(task: Task): void {
    this.remove(task.metadata.id);
    this.#dependencies.upsert(task);
    if (isTerminal(task.status.state)) return;
    this.#tasks.set(task.metadata.id, task);
    this.#listOf(task).put(task);
  }

  /** Drops a task whose record is gone, or is no longer a record of it. */
  remove(id: TaskId): void {
    this.#revision += 1;
    this.unreadableRecords.delete(id);
    this.#dependencies.remove(id);
    const known = this.#tasks.get(id);
    if (known === undefined) return;
    this.#tasks.delete(id);
    this.#listOf(known).drop(known);
  }

  /** The record of a queued task cannot be read: the task is not started until it can; see `external-edit.ts`. */
  markUnreadable(id: TaskId, errno: string | null = null): void {
    const known = this.unreadableRecords.get(id);
    // The time of an editor counts from the first fault that is its own.
    if (errno === null && known?.errno === null) return;
    this.unreadableRecords.set(id, { sinceMs: this.#context.clock.awakeMs(), errno });
    if (known?.errno === errno) return;
    const why = errno ?? "as while an editor saves it";
    this.#context.log(`${id}: its record in pending/ cannot be read, ${why}; waits`);
  }

  /** The input of a plan at `nowMs`; valid until the queue changes. */
  planInputAt(nowMs: number, machine: Machine): Omit<PlanInput, "queued"> & { readonly queue: Queue } {
    const { active } = this;
    return { nowMs, queue: this.#queued.queue, active, machine, ...this.#dependencies.statesFor(this.tasks) };
  }

  #listOf({ status }: Task): TaskList | QueuedTasks {
    return status.state === "queued" ? this.#queued : this.#active;
  }
}
