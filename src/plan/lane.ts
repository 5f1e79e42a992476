import { own } from "../lib/own.ts";
import type { Policy } from "../model/policy.ts";
import { isActive } from "../model/state.ts";
import type { Task } from "../model/task.ts";

/** A lane: who has it, then who stands in line; as many as its limit allows may go, from the front. */
export interface Lane {
  readonly slot: string;
  readonly limit: number;
  /** Running tasks, then those that sleep between two attempts, then the ready ones in the order of their turn. */
  readonly members: readonly Task[];
  /** Those that may run now. */
  readonly front: ReadonlySet<Task>;
}

/** The lanes of all tasks that may run or want to; `ready` are the queued ones whose gates are open. */
export function lanesOf(around: {
  readonly active: readonly Task[];
  readonly queued: readonly Task[];
  readonly ready: readonly Task[];
  readonly policy: Policy;
}): ReadonlyMap<string, Lane> {
  const bySlot = new Map<string, Task[]>();
  const tasks = [...around.active.filter(isOfLane), ...around.queued.filter(isOfLane)];
  if (tasks.length === 0) return NO_LANES;
  const ready = new Set(around.ready.filter(isOfLane));
  for (const task of tasks) {
    if (!(isActive(task.status.state) || isBetweenAttempts(task) || ready.has(task))) continue;
    const members = bySlot.get(task.spec.slot);
    if (members === undefined) bySlot.set(task.spec.slot, [task]);
    else members.push(task);
  }
  return new Map(
    [...bySlot].map(([slot, unsorted]) => {
      const limit = own(around.policy.slots, slot) ?? 1;
      const members = unsorted.length === 1 ? unsorted : unsorted.toSorted(byLaneOrder);
      return [slot, { slot, limit, members, front: new Set(members.slice(0, limit)) }];
    }),
  );
}

const NO_LANES: ReadonlyMap<string, Lane> = new Map();

type LaneTask = Task & { readonly spec: { readonly slot: string } };

function isOfLane(task: Task): task is LaneTask {
  return task.spec.slot !== undefined;
}

/** True where its lane lets a task go. */
export function laneAdmits(task: Task, lanes: ReadonlyMap<string, Lane>): boolean {
  const { slot } = task.spec;
  const lane = slot === undefined ? undefined : lanes.get(slot);
  return lane === undefined || lane.front.has(task);
}

/**
 * True for a task that runs or may come to its lane without anybody's doing. One that is held or for later is not on its
 * way: forgotten, it would keep a lane busy for ever.
 */
export function isOnItsWay({ spec, status }: Task, nowMs: number): boolean {
  if (isActive(status.state)) return true;
  return !spec.hold && (spec.notBefore === undefined || Date.parse(spec.notBefore) <= nowMs);
}

/** A task that has begun and waits for its next attempt has its lane still, though none of the machine. */
export function isBetweenAttempts({ status }: Task): boolean {
  return status.state === "queued" && status.reason !== undefined;
}

/** True for a task that has never had an attempt, nor was asked for again. */
export function isFresh({ metadata, status }: Task): boolean {
  return status.state === "queued" && status.attempt === 0 && metadata.epoch === 1;
}

/** The order of a lane. */
function byLaneOrder(left: Task, right: Task): number {
  return rankOf(left) - rankOf(right) || left.metadata.number - right.metadata.number;
}

function rankOf(task: Task): number {
  if (isActive(task.status.state)) return 0;
  if (isBetweenAttempts(task)) return 1;
  return task.spec.admission === "replace" && isFresh(task) ? 2 : 3;
}
