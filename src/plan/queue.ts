import { instantMs } from "../lib/clock.ts";
import type { QueuePlace, Task } from "../model/task.ts";
import { isCoupled } from "./admission.ts";

/** Unconstrained tasks of one priority, the oldest first; ageing does not change their order. */
export interface PriorityBucket {
  readonly priority: number;
  readonly tasks: readonly Task[];
}

/** The queued tasks, split: unconstrained ones wait for resources alone, so a plan looks at few more of them than it starts. */
export interface Queue {
  /** Tasks that are not unconstrained. */
  readonly gated: readonly Task[];
  readonly buckets: readonly PriorityBucket[];
}

/** Tasks whose gates are open: gated ones as a list, unconstrained ones in buckets. */
export interface Ready {
  readonly ready: readonly Task[];
  readonly buckets: readonly PriorityBucket[];
}

export function queueOf(queued: readonly Task[]): Queue {
  const gated: Task[] = [];
  const buckets = new Map<number, Task[]>();
  for (const task of queued) {
    if (isUnconstrained(task)) buckets.getOrInsertComputed(task.spec.priority, () => []).push(task);
    else gated.push(task);
  }
  return {
    gated,
    buckets: [...buckets].map(([priority, tasks]) => ({ priority, tasks: tasks.sort(byAge) })),
  };
}

/** True for a task whose gates are and stay open, that no other task affects, and whose wait began with its submission. */
export function isUnconstrained(task: Task): boolean {
  const { metadata, spec, status } = task;
  return (
    !spec.hold &&
    spec.notBefore === undefined &&
    spec.queueTtlMs === undefined &&
    spec.runnerSelector === undefined &&
    status.state === "queued" &&
    status.retryAt === undefined &&
    status.attempts.length === 0 &&
    // It may start where no other can.
    spec.service === undefined &&
    // Its age is not that of its submission.
    metadata.position === undefined &&
    !isCoupled(task)
  );
}

export function queueSize(buckets: readonly PriorityBucket[]): number {
  return buckets.reduce((total, { tasks }) => total + tasks.length, 0);
}

/** The order of tasks with one priority. A retry keeps its place. */
export function byAge(left: Task, right: Task): number {
  const byTime = readySinceMs(left) - readySinceMs(right);
  if (byTime !== 0) return byTime;
  // Of most tasks the number decides, and a hundred thousand of them are sorted.
  if (left.metadata.position === undefined && right.metadata.position === undefined)
    return left.metadata.number - right.metadata.number;
  const [one, other] = [placeInQueue(left), placeInQueue(right)];
  return one.number - other.number || one.rank - other.rank;
}

/** The place among tasks that became ready at one moment. */
export function placeInQueue({ metadata: { number, position } }: Task): QueuePlace {
  return position ?? { number, rank: 0 };
}

/** When a task became ready for its first attempt: its submission or its notBefore, or those of the task beside which it was moved. */
export function readySinceMs({ metadata, spec }: Task): number {
  if (metadata.position !== undefined) return instantMs(metadata.position.since);
  const madeMs = instantMs(metadata.createdAt);
  return spec.notBefore === undefined ? madeMs : Math.max(madeMs, instantMs(spec.notBefore));
}
