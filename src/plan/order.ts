import { instantMs } from "../lib/clock.ts";
import type { Policy } from "../model/policy.ts";
import type { Task } from "../model/task.ts";

interface At {
  readonly nowMs: number;
  readonly policy: Policy;
}

/** A ready task with its standing; see `inTurn`. */
interface Standing {
  readonly task: Task;
  readonly priority: number;
}

/** Sees tasks one after the other, and whether they come in the order of their turn: a look at a long queue costs more than a sum. */
export class TurnWatch {
  readonly #at: At;
  #lastPriority = Number.POSITIVE_INFINITY;
  #lastNumber = 0;
  #isInTurn = true;

  constructor(at: At) {
    this.#at = at;
  }

  /** True for as long as each had its turn after the one before it; so have some of them. */
  get isInTurn(): boolean {
    return this.#isInTurn;
  }

  see(task: Task): void {
    if (!this.#isInTurn) return;
    const priority = standingOf(task, this.#at);
    const { number } = task.metadata;
    this.#isInTurn =
      priority < this.#lastPriority || (priority === this.#lastPriority && number > this.#lastNumber);
    this.#lastPriority = priority;
    this.#lastNumber = number;
  }
}

/** Ready tasks in the order in which they are asked: the higher priority with what waiting has added to it, then the lower number. */
export function inTurn(ready: readonly Task[], at: At): readonly Task[] {
  const watch = new TurnWatch(at);
  for (const task of ready) watch.see(task);
  // Mostly they have the same priority and come in the order of their numbers.
  if (watch.isInTurn) return ready;
  return ready
    .map((task): Standing => ({ task, priority: standingOf(task, at) }))
    .sort(byTurn)
    .map(({ task }) => task);
}

function byTurn(left: Standing, right: Standing): number {
  return right.priority - left.priority || left.task.metadata.number - right.task.metadata.number;
}

/** How long the order of ready tasks stands, and which of them may keep room: in ms from now; null where there are none. */
export function turnsStandMs(ready: readonly Task[], { nowMs, policy }: At): number | null {
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
