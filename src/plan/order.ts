import type { Policy } from "../model/policy.ts";
import { openAttempt, type Task } from "../model/task.ts";

/** A ready task with its standing; see `inTurn`. */
interface Standing {
  readonly task: Task;
  readonly priority: number;
}

/** Ready tasks in the order in which they are asked: the higher priority with what waiting has added to it, then the lower number. */
export function inTurn(
  ready: readonly Task[],
  at: { readonly nowMs: number; readonly policy: Policy },
): Task[] {
  const standings = ready.map((task): Standing => ({ task, priority: standingOf(task, at) }));
  standings.sort(
    (left, right) => right.priority - left.priority || left.task.metadata.number - right.task.metadata.number,
  );
  return standings.map(({ task }) => task);
}

/** The priority of a task plus one point for each full span of ageing that it has waited. */
export function standingOf(
  task: Task,
  { nowMs, policy }: { readonly nowMs: number; readonly policy: Policy },
): number {
  return task.spec.priority + Math.floor(waitedMs(task, nowMs) / policy.ageingMs);
}

/** How long a task could have run if there had been room: since its making, its earliest start or its last attempt, in ms. */
export function waitedMs(task: Task, nowMs: number): number {
  if (openAttempt(task) !== null) return 0;
  const { metadata, spec, status } = task;
  const last = status.attempts.at(-1);
  const since = [
    spec.notBefore,
    last !== undefined && "finishedAt" in last ? last.finishedAt : undefined,
    status.state === "queued" ? status.retryAt : undefined,
  ];
  let sinceMs = Date.parse(metadata.createdAt);
  for (const at of since) if (at !== undefined) sinceMs = Math.max(sinceMs, Date.parse(at));
  return Math.max(0, nowMs - sinceMs);
}
