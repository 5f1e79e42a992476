import type { TaskId } from "../model/identity.ts";
import type { Outline } from "../model/outline.ts";
import { isService } from "../model/service.ts";
import type { Task } from "../model/task.ts";
import type { Overview } from "./overview.ts";

/** When the queue will be empty, from the running times of completed tasks. */
interface QueueEstimate {
  /** From now, in ms. */
  readonly emptyInMs: number;
  /** Unfinished tasks that it counts; held ones that it does not, and others that cannot start, as their parent failed. */
  readonly tasks: number;
  readonly held: number;
  readonly blocked: number;
  /** How many jobs it assumes to run at a time. */
  readonly parallel: number;
  /** The mean running time of the tasks that it counts, in ms. */
  readonly eachMs: number;
  /** True where the queue is empty only once a task has run that may not start yet. */
  readonly isScheduled: boolean;
  /** The completed tasks whose mean running times it uses. */
  readonly basis: number;
}

/** The estimate, or why there is none; both are null where nothing is left to do. */
export interface EstimateResult {
  readonly emptyQueue: QueueEstimate | null;
  readonly noEstimate: string | null;
}

export const NOTHING_LEFT: EstimateResult = { emptyQueue: null, noEstimate: null };

/** Fewer completed tasks say little about those with other names. */
const MIN_OTHERS = 5;

interface Pace {
  count: number;
  totalMs: number;
}

/** Collects the running times of completed tasks that are like the unfinished ones: members of the same sweep, or with the same name. */
export class Paces {
  readonly #overview: Pick<Overview, "active" | "queued" | "owner" | "isSupervised">;
  readonly #byKey = new Map<string, Pace>();
  readonly #all: Pace = { count: 0, totalMs: 0 };

  constructor(overview: Pick<Overview, "active" | "queued" | "owner" | "isSupervised">) {
    this.#overview = overview;
    for (const task of [...overview.active, ...overview.queued])
      this.#byKey.set(keyOf(task), { count: 0, totalMs: 0 });
  }

  /** True where an estimate is of use. */
  get isNeeded(): boolean {
    return this.#byKey.size > 0;
  }

  readonly add = (task: Outline, ranMs: number): void => {
    if (!this.isNeeded) return;
    const like = this.#byKey.get(keyOf(task));
    for (const pace of like === undefined ? [this.#all] : [this.#all, like]) {
      pace.count += 1;
      pace.totalMs += ranMs;
    }
  };

  /** `never` are queued tasks that will not start by themselves. */
  estimate({
    nowMs,
    isPaused,
    never,
  }: {
    readonly nowMs: number;
    readonly isPaused: boolean;
    readonly never: ReadonlySet<TaskId>;
  }): EstimateResult {
    const { owner, isSupervised } = this.#overview;
    const [active, queued] = [this.#overview.active, this.#overview.queued].map((tasks) =>
      tasks.filter((task) => !isService(task)),
    ) as [Task[], Task[]];
    const held = queued.filter(({ spec }) => spec.hold).length;
    const able = queued.filter(({ metadata, spec }) => !spec.hold && !never.has(metadata.id));
    const blocked = queued.length - held - able.length;
    const counted = [...active, ...able];
    if (counted.length === 0)
      return blocked === 0 ? NOTHING_LEFT : without("the queued tasks cannot start; see stint ls");
    if (!isSupervised) return without("no supervisor is running");
    if (isPaused) return without("the queue is paused");
    const used = new Set<Pace>();
    let totalMs = 0;
    let longestMs = 0;
    let meansMs = 0;
    let scheduledMs = 0;
    for (const task of counted) {
      const pace = this.#paceOf(task);
      if (pace === null) return without("too few tasks like the queued ones have completed");
      used.add(pace);
      const leftMs = Math.max(0, pace.totalMs / pace.count - ranFor(task, nowMs));
      const startMs = notBeforeMs(task, nowMs);
      meansMs += pace.totalMs / pace.count;
      totalMs += leftMs;
      longestMs = Math.max(longestMs, startMs + leftMs);
      if (startMs > 0) scheduledMs = Math.max(scheduledMs, startMs + leftMs);
    }
    // While tasks wait, as many jobs run as the machine has room for.
    const parallel = Math.max(1, active.length > 0 ? active.length : (owner?.capacity?.jobs ?? 1));
    const busyMs = totalMs / Math.min(parallel, counted.length);
    const emptyQueue = {
      emptyInMs: Math.round(Math.max(longestMs, busyMs)),
      eachMs: Math.round(meansMs / counted.length),
      isScheduled: scheduledMs > 0 && scheduledMs >= Math.max(longestMs, busyMs),
      tasks: counted.length,
      held,
      blocked,
      parallel,
      basis: [...used].reduce((total, { count }) => total + count, 0),
    };
    return { emptyQueue, noEstimate: null };
  }

  #paceOf(task: Task): Pace | null {
    const like = this.#byKey.get(keyOf(task));
    if (like !== undefined && like.count > 0) return like;
    return this.#all.count >= MIN_OTHERS ? this.#all : null;
  }
}

function without(reason: string): EstimateResult {
  return { emptyQueue: null, noEstimate: reason };
}

/** For how long it may not start yet. */
function notBeforeMs({ spec, status }: Task, nowMs: number): number {
  const retryAt = status.state === "queued" ? status.retryAt : undefined;
  const times = [spec.notBefore, retryAt].map((at) => (at === undefined ? nowMs : Date.parse(at)));
  return Math.max(0, ...times.map((ms) => ms - nowMs));
}

function keyOf({ metadata: { name, group } }: Outline): string {
  return group === undefined ? name : `${group.id} ${group.name}`;
}

function ranFor({ status }: Task, nowMs: number): number {
  const last = status.attempts.at(-1);
  return last?.state === "running" ? nowMs - Date.parse(last.startedAt ?? last.claimedAt) : 0;
}
