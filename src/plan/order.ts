import { instantMs } from "../lib/clock.ts";
import { lowerBound } from "../lib/halving.ts";
import type { Policy } from "../model/policy.ts";
import type { Task } from "../model/task.ts";
import { byAge, type Ready, readySinceMs } from "./queue.ts";

/** Ageing changes the turns of a large queue all the time: they are looked at this often, where it matters at all. */
const LEAST_TURN_MS = 2_000;

interface At {
  readonly nowMs: number;
  readonly policy: Policy;
}

/** A ready task with its standing; see `inDispatchOrder`. */
interface Standing {
  readonly task: Task;
  readonly priority: number;
}

/**
 * Ready tasks in the order in which they are asked: the higher priority with what waiting has added to it, then who was asked for first,
 * then the lower number.
 */
export function inDispatchOrder(ready: readonly Task[], at: At): readonly Task[] {
  const standings = ready.map((task): Standing => ({ task, priority: effectivePriority(task, at) }));
  return standings.sort(byTurn).map(({ task }) => task);
}

/** Tasks in the order of their turn, and the first of them that was not asked yet. */
interface Row {
  readonly tasks: readonly Task[];
  readonly asked: number;
  readonly head: Standing;
}

/** The same for ready tasks and those of some lines, each when it is asked for: of a long line the first few have their turn. */
export function* bucketInDispatchOrder({ ready, lines }: Ready, at: At): Generator<Task> {
  // In the order of their heads; there may be a thousand priorities.
  const rows = [inDispatchOrder(ready, at), ...lines.map(({ tasks }) => tasks)]
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

/** What is left of a row; null where nothing is. */
function rowFrom(tasks: readonly Task[], asked: number, at: At): Row | null {
  const task = tasks[asked];
  return task === undefined ? null : { tasks, asked, head: { task, priority: effectivePriority(task, at) } };
}

function byTurn(left: Standing, right: Standing): number {
  return right.priority - left.priority || byAge(left.task, right.task);
}

/** How long the order of ready tasks may stand, and which of them may keep room: in ms from now; null where there are none. */
export function orderStableMs({ ready, lines }: Ready, { nowMs, policy }: At): number | null {
  let leastMs: number | null = null;
  for (const tasks of [ready, ...lines.map((line) => line.tasks)]) {
    for (const task of tasks) {
      const waited = waitedMs(task, nowMs);
      const ageingMs = policy.ageingMs - (waited % policy.ageingMs);
      const keepingMs = waited < policy.backfillMs ? policy.backfillMs - waited : ageingMs;
      leastMs = Math.min(leastMs ?? ageingMs, ageingMs, keepingMs);
      if (leastMs <= LEAST_TURN_MS) return LEAST_TURN_MS;
    }
  }
  return leastMs;
}

/** The priority of a task plus one point for each full span of ageing that it has waited. */
export function effectivePriority(task: Task, { nowMs, policy }: At): number {
  return task.spec.priority + Math.floor(waitedMs(task, nowMs) / policy.ageingMs);
}

/** How long a task could have run if there had been room: since its making, its earliest start or its last attempt, in ms. */
export function waitedMs(task: Task, nowMs: number): number {
  const { status } = task;
  let sinceMs = readySinceMs(task);
  const last = status.attempts.at(-1);
  if (last !== undefined) {
    if (last.state === "running") return 0;
    sinceMs = Math.max(sinceMs, instantMs(last.finishedAt));
  }
  if (status.state === "queued" && status.retryAt !== undefined)
    sinceMs = Math.max(sinceMs, instantMs(status.retryAt));
  return Math.max(0, nowMs - sinceMs);
}
