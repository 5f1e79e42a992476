import { instantMs } from "../lib/clock.ts";
import { lowerBound } from "../lib/halving.ts";
import type { Policy } from "../model/policy.ts";
import type { Task } from "../model/task.ts";
import { byAge, type Ready, readySinceMs } from "./queue.ts";

/** In a large queue ageing changes the order all the time; it is recomputed at most this often. */
const MIN_STABLE_MS = 2_000;

interface At {
  readonly nowMs: number;
  readonly policy: Policy;
}

/** A ready task with its effective priority; see `inDispatchOrder`. */
interface Standing {
  readonly task: Task;
  readonly priority: number;
}

/** Ready tasks in dispatch order: by effective priority (see there), then by time of submission, then by number. */
export function inDispatchOrder(ready: readonly Task[], at: At): readonly Task[] {
  const standings = ready.map((task): Standing => ({ task, priority: effectivePriority(task, at) }));
  return standings.sort(byTurn).map(({ task }) => task);
}

/** Tasks in dispatch order, and how many of them have been returned. */
interface Row {
  readonly tasks: readonly Task[];
  readonly asked: number;
  readonly head: Standing;
}

/** The same for ready tasks and those of buckets, as a lazy merge: of a long bucket only the first tasks are looked at. */
export function* bucketInDispatchOrder({ ready, buckets }: Ready, at: At): Generator<Task> {
  // Sorted by their heads; there may be a thousand priorities.
  const rows = [inDispatchOrder(ready, at), ...buckets.map(({ tasks }) => tasks)]
    .flatMap((tasks) => rowFrom(tasks, 0, at) ?? [])
    .sort((left, right) => byTurn(left.head, right.head));
  for (let first = rows.shift(); first !== undefined; first = rows.shift()) {
    yield first.head.task;
    const left = rowFrom(first.tasks, first.asked + 1, at);
    if (left === null) continue;
    const place = lowerBound(rows, ({ head }) => byTurn(head, left.head) < 0);
    rows.splice(place, 0, left);
  }
}

/** The rest of a row; null where it is empty. */
function rowFrom(tasks: readonly Task[], asked: number, at: At): Row | null {
  const task = tasks[asked];
  return task === undefined ? null : { tasks, asked, head: { task, priority: effectivePriority(task, at) } };
}

function byTurn(left: Standing, right: Standing): number {
  return right.priority - left.priority || byAge(left.task, right.task);
}

/** How long the dispatch order, and the right to a reservation, stay the same: in ms from now; null without tasks. */
export function orderStableMs({ ready, buckets }: Ready, { nowMs, policy }: At): number | null {
  let leastMs: number | null = null;
  for (const tasks of [ready, ...buckets.map((bucket) => bucket.tasks)]) {
    for (const task of tasks) {
      const waited = waitedMs(task, nowMs);
      const ageingMs = policy.ageingMs - (waited % policy.ageingMs);
      const reservingMs = waited < policy.backfillMs ? policy.backfillMs - waited : ageingMs;
      leastMs = Math.min(leastMs ?? ageingMs, ageingMs, reservingMs);
      if (leastMs <= MIN_STABLE_MS) return MIN_STABLE_MS;
    }
  }
  return leastMs;
}

/** The priority of a task plus one point for each full ageing span that it has waited. */
export function effectivePriority(task: Task, { nowMs, policy }: At): number {
  return task.spec.priority + Math.floor(waitedMs(task, nowMs) / policy.ageingMs);
}

/** How long a task has been ready, in ms. */
export function waitedMs(task: Task, nowMs: number): number {
  return task.status.attempts.at(-1)?.state === "running" ? 0 : Math.max(0, nowMs - waitingSinceMs(task));
}

/** Since when a task has been ready: its submission, its notBefore, its last attempt or the end of its backoff, or what its move says. */
export function waitingSinceMs(task: Task): number {
  const { metadata, status } = task;
  if (metadata.position?.attempt === status.attempt) return instantMs(metadata.position.waitsSince);
  let sinceMs = readySinceMs(task);
  const last = status.attempts.at(-1);
  if (last !== undefined && last.state !== "running") sinceMs = Math.max(sinceMs, instantMs(last.finishedAt));
  if (status.state === "queued" && status.retryAt !== undefined)
    sinceMs = Math.max(sinceMs, instantMs(status.retryAt));
  return sinceMs;
}
