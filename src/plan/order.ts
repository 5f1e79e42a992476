import { instantMs } from "../lib/clock.ts";
import type { Policy } from "../model/policy.ts";
import type { Task } from "../model/task.ts";
import type { Line } from "./queue.ts";

interface At {
  readonly nowMs: number;
  readonly policy: Policy;
}

/** A ready task with its standing; see `inTurn`. */
interface Standing {
  readonly task: Task;
  readonly priority: number;
}

/** Ready tasks in the order in which they are asked: the higher priority with what waiting has added to it, then the lower number. */
export function inTurn(ready: readonly Task[], at: At): readonly Task[] {
  const standings = ready.map((task): Standing => ({ task, priority: standingOf(task, at) }));
  return standings.sort(byTurn).map(({ task }) => task);
}

/** The same for ready tasks and those of some lines, each when it is asked for: of a long line the first few have their turn. */
export function* inTurnOf(
  { ready, lines }: { readonly ready: readonly Task[]; readonly lines: readonly Line[] },
  at: At,
): Generator<Task> {
  const rows = [
    inTurn(ready, at),
    ...lines.map(({ tasks, isByAge }) => (isByAge ? tasks : inTurn(tasks, at))),
  ];
  const heads = rows.map((row) => standingIn(row, 0, at));
  const asked = rows.map(() => 0);
  for (;;) {
    let next = -1;
    for (const [index, head] of heads.entries()) {
      const first = heads[next];
      if (head !== null && (first === undefined || first === null || byTurn(head, first) < 0)) next = index;
    }
    const head = heads[next];
    if (head === undefined || head === null) return;
    yield head.task;
    asked[next] = (asked[next] ?? 0) + 1;
    heads[next] = standingIn(rows[next] ?? [], asked[next] ?? 0, at);
  }
}

function standingIn(row: readonly Task[], index: number, at: At): Standing | null {
  const task = row[index];
  return task === undefined ? null : { task, priority: standingOf(task, at) };
}

function byTurn(left: Standing, right: Standing): number {
  return right.priority - left.priority || left.task.metadata.number - right.task.metadata.number;
}

/** How long the order of ready tasks stands, and which of them may keep room: in ms from now; null where there are none. */
export function turnsStandMs(ready: Iterable<Task>, { nowMs, policy }: At): number | null {
  let leastMs: number | null = null;
  for (const task of ready) {
    const waited = waitedMs(task, nowMs);
    const ageingMs = policy.ageingMs - (waited % policy.ageingMs);
    const keepingMs = waited < policy.backfillMs ? policy.backfillMs - waited : ageingMs;
    leastMs = Math.min(leastMs ?? ageingMs, ageingMs, keepingMs);
  }
  return leastMs;
}

/** The priority of a task plus one point for each full span of ageing that it has waited. */
export function standingOf(task: Task, { nowMs, policy }: At): number {
  return task.spec.priority + Math.floor(waitedMs(task, nowMs) / policy.ageingMs);
}

/** How long a task could have run if there had been room: since its making, its earliest start or its last attempt, in ms. */
export function waitedMs({ metadata, spec, status }: Task, nowMs: number): number {
  let sinceMs = instantMs(metadata.createdAt);
  if (spec.notBefore !== undefined) sinceMs = Math.max(sinceMs, instantMs(spec.notBefore));
  const last = status.attempts.at(-1);
  if (last !== undefined) {
    if (last.state === "running") return 0;
    sinceMs = Math.max(sinceMs, instantMs(last.finishedAt));
  }
  if (status.state === "queued" && status.retryAt !== undefined)
    sinceMs = Math.max(sinceMs, instantMs(status.retryAt));
  return Math.max(0, nowMs - sinceMs);
}
