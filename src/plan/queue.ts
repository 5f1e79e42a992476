import { instantMs } from "../lib/clock.ts";
import type { Task } from "../model/task.ts";
import { isCoupled } from "./admission.ts";

/** Free tasks of one priority, the oldest first: whatever waiting adds, they have their turn in this order. */
export interface PriorityBucket {
  readonly priority: number;
  readonly tasks: readonly Task[];
}

/** The queued tasks told apart: a free one waits for room alone, so that a plan looks at no more of them than it starts. */
export interface Queue {
  /** All others. */
  readonly gated: readonly Task[];
  /** One for each priority. */
  readonly buckets: readonly PriorityBucket[];
}

/** Tasks whose gates are open: some one by one, the others in lines. */
export interface Ready {
  readonly ready: readonly Task[];
  readonly lines: readonly PriorityBucket[];
}

/** Tells queued tasks apart. */
export function queueOf(queued: readonly Task[]): Queue {
  const bound: Task[] = [];
  const lines = new Map<number, Task[]>();
  for (const task of queued) {
    const known = lines.get(task.spec.priority);
    if (!isUnconstrained(task)) bound.push(task);
    else if (known === undefined) lines.set(task.spec.priority, [task]);
    else known.push(task);
  }
  return {
    gated: bound,
    buckets: [...lines].map(([priority, tasks]) => ({ priority, tasks: tasks.sort(byAge) })),
  };
}

/** True for a task whose gates are open and stay so, on which no other bears, and whose wait began when it was made. */
export function isUnconstrained(task: Task): boolean {
  const { spec, status } = task;
  return (
    !spec.hold &&
    spec.notBefore === undefined &&
    spec.queueTtlMs === undefined &&
    spec.runnerSelector === undefined &&
    status.state === "queued" &&
    status.retryAt === undefined &&
    status.attempts.length === 0 &&
    !isCoupled(task)
  );
}

/** How many there are in some lines. */
export function queueSize(lines: readonly PriorityBucket[]): number {
  return lines.reduce((total, { tasks }) => total + tasks.length, 0);
}

/** The order of tasks of one priority. A retry keeps its place: what counts is when the first attempt was asked for. */
export function byAge(left: Task, right: Task): number {
  return readySinceMs(left) - readySinceMs(right) || left.metadata.number - right.metadata.number;
}

/** When a task asked for its first attempt, in ms since the epoch. */
export function readySinceMs({ metadata, spec }: Task): number {
  const madeMs = instantMs(metadata.createdAt);
  return spec.notBefore === undefined ? madeMs : Math.max(madeMs, instantMs(spec.notBefore));
}
