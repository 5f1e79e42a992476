import { own } from "../lib/own.ts";
import type { Policy } from "../model/policy.ts";
import { isActive } from "../model/state.ts";
import type { QueuePlace, Task } from "../model/task.ts";

/*
 * Lanes: the tasks of one `slot` run one after the other, or `policy.slots` of them at a time.
 *
 * Who is in a lane, and in which order
 *   1. tasks with an open attempt;
 *   2. queued tasks between two attempts, in a backoff or an interval: they keep their place in the lane, but no resources;
 *   3. ready tasks with `admission: replace` that have never run;
 *   4. all other ready tasks.
 * Within each of these the lower number comes first, unless a user moved a task (see position.ts). Queued tasks whose gate is shut (held, scheduled, behind a parent) are not members:
 * one that was forgotten must not block the lane for ever.
 *
 * Invariants
 *   - Only the front of a lane, its first `limit` members, may start. As active tasks come first, no more than `limit` ever run, and with
 *     a limit of one a task and its retries are finished before the next task begins.
 *   - A lane is computed from records and settings alone and kept nowhere. After a crash it is the same; after a lower limit, running tasks
 *     stay, and the next one starts once fewer than the limit are left.
 *   - A member of the front that lacks resources or a permit holds its place, and those behind it wait.
 */

/** A lane and its members; the first `limit` of them may run. */
export interface Lane {
  readonly slot: string;
  readonly limit: number;
  /** Active tasks, then those between two attempts, then ready ones; see the head of this file. */
  readonly members: readonly Task[];
  /** The first `limit` members. */
  readonly front: ReadonlySet<Task>;
}

/** All lanes, by name; `ready` are the queued tasks whose gates are open. */
export function lanesOf(around: {
  readonly active: readonly Task[];
  readonly queued: readonly Task[];
  readonly ready: readonly Task[];
  readonly policy: Policy;
}): ReadonlyMap<string, Lane> {
  const tasks = [...around.active.filter(isOfLane), ...around.queued.filter(isOfLane)];
  if (tasks.length === 0) return NO_LANES;
  const ready = new Set(around.ready.filter(isOfLane));
  const members = tasks.filter(
    (task) => isActive(task.status.state) || isBetweenAttempts(task) || ready.has(task),
  );
  const bySlot = Map.groupBy(members, ({ spec }) => spec.slot);
  return new Map(
    [...bySlot].map(([slot, unsorted]) => {
      const limit = own(around.policy.slots, slot) ?? 1;
      const sorted = unsorted.length === 1 ? unsorted : unsorted.toSorted(byLaneOrder);
      return [slot, { slot, limit, members: sorted, front: new Set(sorted.slice(0, limit)) }];
    }),
  );
}

const NO_LANES: ReadonlyMap<string, Lane> = new Map();

type LaneTask = Task & { readonly spec: { readonly slot: string } };

function isOfLane(task: Task): task is LaneTask {
  return task.spec.slot !== undefined;
}

/** True where the task has no lane, or is at its front. */
export function laneAdmits(task: Task, lanes: ReadonlyMap<string, Lane>): boolean {
  const { slot } = task.spec;
  const lane = slot === undefined ? undefined : lanes.get(slot);
  return lane === undefined || lane.front.has(task);
}

/**
 * True for a task that runs, or will join its lane without a user's action; for `dropIfRunning`, such a task makes a lane busy. A held or
 * scheduled task does not: if it were forgotten, the lane would be busy for ever.
 */
export function isOnItsWay({ spec, status }: Task, nowMs: number): boolean {
  if (isActive(status.state)) return true;
  return !spec.hold && (spec.notBefore === undefined || Date.parse(spec.notBefore) <= nowMs);
}

/** True for a queued task that has run and waits for its next attempt: it keeps its place in the lane, but no resources. */
export function isBetweenAttempts({ status }: Task): boolean {
  return status.state === "queued" && status.reason !== undefined;
}

/** True for a queued task that has never had an attempt, nor been retried by a user. */
export function isFresh({ metadata, status }: Task): boolean {
  return status.state === "queued" && status.attempt === 0 && metadata.epoch === 1;
}

/** The order of a lane; see the head of this file. */
function byLaneOrder(left: Task, right: Task): number {
  const byRank = rankOf(left) - rankOf(right);
  if (byRank !== 0) return byRank;
  const [one, other] = [placeInLane(left), placeInLane(right)];
  return one.number - other.number || one.rank - other.rank;
}

/** The place that the number of a task gives it in its lane, or a move. */
export function placeInLane({ metadata: { number, position } }: Task): QueuePlace {
  return position?.lane ?? { number, rank: 0 };
}

function rankOf(task: Task): number {
  if (isActive(task.status.state)) return 0;
  if (isBetweenAttempts(task)) return 1;
  return task.spec.admission === "replace" && isFresh(task) ? 2 : 3;
}
