import { instantMs } from "../lib/clock.ts";
import type { TaskId } from "../model/identity.ts";
import { isCollecting, openAttempt, type Task } from "../model/task.ts";
import { type AdmissionResult, applyAdmission, type Cancellation, isCoupled } from "./admission.ts";
import { assign } from "./assign.ts";
import { gateOf, rescheduledBackoff } from "./gate.ts";
import type { PlanInput } from "./input.ts";
import { deadlinePauseOf, type Pause, pauseOf } from "./pause.ts";
import type { Placement } from "./place.ts";
import { type PriorityBucket, type Queue, queueOf, queueSize, type Ready } from "./queue.ts";

/*
 * One turn of the scheduler: a pure function from a snapshot of the queue to actions and the time of the next turn.
 *
 * Order of decisions, which is the order of the actions
 *   1. timeouts of running tasks, by time awake;
 *   2. admission (see admission.ts): running tasks that a newer one supersedes, then queued tasks that are cancelled or held;
 *   3. queued tasks whose queueTtl is over, and waits that a backward jump of the clock would prolong;
 *   4. claims (see assign.ts), unless the supervisor claims nothing or a pause holds: work hours, power, load, a deadline.
 * `act` commits 1 to 3 as changes of records before it starts anything, so that no job starts in the place of one that must stop.
 *
 * Invariants
 *   - Everything is derived from records, settings, devices and the two clocks. A crash at any point leaves records from which the next
 *     plan decides the same again; nothing is remembered from turn to turn.
 *   - Gated tasks are examined in one pass, and only coupled ones go through admission. Unconstrained tasks (see queue.ts) are only taken
 *     in dispatch order until the machine is full: the cost of a turn grows with the gated tasks and with those that start.
 *   - A plan without actions stays without actions until `wakeInMs`, unless its input changes: whatever time alone can trigger (timeout,
 *     queueTtl, gate, lane, work hours, deadline, ageing) has been registered with `Wake`. The plan cache relies on that.
 *   - A task that admission cancels is neither expired nor claimed in the same plan.
 */

/** The input of a plan; `awakeMs` as `Clock.awakeMs`. */
export interface Snapshot extends PlanInput {
  readonly awakeMs: number;
  /** Which queued tasks this process may claim; the others only count. Null for all. */
  readonly mayClaim: ((task: Task) => boolean) | null;
  /** False while no job may start: at shutdown, at a handover, on a full disk. */
  readonly isClaiming: boolean;
}

/** The same with a queue that is already split, so that it is not iterated. */
export type PlanInputByGate = Omit<Snapshot, "queued"> & { readonly queue: Queue };

export type Action =
  /** The timeout has passed. */
  | { readonly type: "timeOut"; readonly task: Task }
  /** A newer task in its lane replaces it. */
  | { readonly type: "supersede"; readonly task: Task; readonly by: TaskId }
  /** Cancelled by admission, a parent, or the failures of its sweep. */
  | ({ readonly type: "dismiss" } & Cancellation)
  /** Quick failures of its sweep hold it. */
  | ({ readonly type: "hold" } & AdmissionResult["held"][number])
  /** Its queueTtl has passed. */
  | { readonly type: "expire"; readonly task: Task }
  /** The clock was set back during a wait: the wait restarts, as `to`. */
  | { readonly type: "rescheduleBackoff"; readonly task: Task; readonly to: Task }
  | ({ readonly type: "claim" } & Placement);

export interface Plan {
  readonly actions: readonly Action[];
  /** When time alone may change the plan, in ms from now; null where only an event can. */
  readonly wakeInMs: number | null;
  /** Why no ready task starts; null where there is no such reason, or no ready task. */
  readonly pause: Pause | null;
  /** True while a ready task waits for resources or conditions, which may change without an event. */
  readonly isWaiting: boolean;
}

/** Decides one turn; see the head of this file. */
export function plan(snapshot: Snapshot | PlanInputByGate): Plan {
  const { active, nowMs, machine, parents, failedMembers, doneKeys, quickFailures } = snapshot;
  const actions: Action[] = [];
  const wake = new Wake();
  for (const task of active) {
    const leftMs = timeLeftMs(task, snapshot.awakeMs);
    if (leftMs === null) continue;
    if (leftMs <= 0) actions.push({ type: "timeOut", task });
    else wake.in(leftMs);
  }
  const queue = "queue" in snapshot ? snapshot.queue : queueOf(snapshot.queued);
  const { coupled, open, claimable, overdue } = examine(snapshot, { gated: queue.gated, wake });
  const related = { parents, failedMembers, doneKeys, quickFailures };
  const around = { nowMs, active, machine, ...related, queued: coupled };
  const { dismissed, superseded, held } = applyAdmission(around);
  actions.push(...superseded.map((one) => ({ type: "supersede", ...one }) as const));
  actions.push(...dismissed.map((one) => ({ type: "dismiss", ...one }) as const));
  actions.push(...held.map((one) => ({ type: "hold", ...one }) as const));
  const dropped = new Set([...dismissed, ...held].map(({ task }) => task));
  actions.push(...overdue.filter(({ task }) => !dropped.has(task)));
  const left = (tasks: Task[]): Task[] =>
    dropped.size === 0 ? tasks : tasks.filter((task) => !dropped.has(task));
  const pause = left(open).length + queueSize(queue.buckets) === 0 ? null : pauseOf(snapshot);
  if (pause?.type === "hours" && pause.untilMs !== null) wake.in(pause.untilMs - nowMs);
  let isWaiting = pause !== null && pause.type !== "paused";
  if (snapshot.isClaiming && pause === null) {
    const asked = { ready: left(claimable), buckets: claimableIn(queue.buckets, snapshot) };
    const { placements, stableMs } = assign(around, asked);
    actions.push(...placements.map((placement) => ({ type: "claim", ...placement }) as const));
    wake.in(deadlineInMs(asked, snapshot));
    wake.in(stableMs);
    isWaiting = asked.ready.length + queueSize(asked.buckets) > placements.length;
  }
  return { actions, wakeInMs: wake.leastMs, pause, isWaiting };
}

type Context = Omit<Snapshot, "queued">;

/** The gated tasks by what is to be decided about them. */
interface Examined {
  /** Those that depend on other tasks. */
  readonly coupled: Task[];
  /** Those whose gates are open. */
  readonly open: Task[];
  /** Those of them that this process may claim. */
  readonly claimable: Task[];
  readonly overdue: Extract<Action, { type: "expire" | "rescheduleBackoff" }>[];
}

function examine(
  snapshot: Context,
  { gated, wake }: { readonly gated: readonly Task[]; readonly wake: Wake },
): Examined {
  const { nowMs } = snapshot;
  const [coupled, open, claimable]: [Task[], Task[], Task[]] = [[], [], []];
  const overdue: Examined["overdue"] = [];
  for (const task of gated) {
    if (isCoupled(task)) coupled.push(task);
    const ttlLeftMs = queueTtlLeftMs(task, nowMs);
    if (ttlLeftMs !== null && ttlLeftMs <= 0) {
      overdue.push({ type: "expire", task });
      continue;
    }
    wake.in(ttlLeftMs);
    const to = rescheduledBackoff(task, nowMs);
    if (to !== null) overdue.push({ type: "rescheduleBackoff", task, to });
    const gate = gateOf(task, snapshot);
    if (gate.type === "open") {
      open.push(task);
      if (isClaimable(task, snapshot)) claimable.push(task);
    } else if ("untilMs" in gate) wake.in(gate.untilMs - nowMs);
    else if (gate.type !== "held") wake.in(startsInMs(task, nowMs));
  }
  return { coupled, open, claimable, overdue };
}

/** The unconstrained tasks that this process may claim; where it may claim all, they are not iterated. */
function claimableIn(buckets: readonly PriorityBucket[], snapshot: Context): readonly PriorityBucket[] {
  if (snapshot.mayClaim === null && snapshot.machine.deadline?.isFitting !== true) return buckets;
  return buckets.map((bucket) => ({
    ...bucket,
    tasks: bucket.tasks.filter((task) => isClaimable(task, snapshot)),
  }));
}

function isClaimable(task: Task, snapshot: Context): boolean {
  return (snapshot.mayClaim === null || snapshot.mayClaim(task)) && deadlinePauseOf(task, snapshot) === null;
}

/** Keeps the earliest of many times, in ms from now. */
class Wake {
  leastMs: number | null = null;

  /** Null means never. */
  in(ms: number | null): void {
    if (ms !== null && (this.leastMs === null || ms < this.leastMs)) this.leastMs = ms;
  }
}

/** A task joins its lane at its notBefore, even if another gate is shut; in ms, null where that has passed. */
function startsInMs({ spec }: Task, nowMs: number): number | null {
  const leftMs = spec.notBefore === undefined ? 0 : Date.parse(spec.notBefore) - nowMs;
  return leftMs > 0 ? leftMs : null;
}

/** When the longest of these tasks no longer fits before the deadline, in ms: resources reserved for it are free then. */
function deadlineInMs({ ready, buckets }: Ready, { machine: { deadline }, nowMs }: Context): number | null {
  if (deadline === null) return null;
  const longestIn = (tasks: readonly Task[]): number =>
    tasks.reduce((longest, { spec }) => Math.max(longest, spec.timeoutMs ?? 0), 0);
  const rows = deadline.isFitting ? [ready, ...buckets.map(({ tasks }) => tasks)] : [];
  const longestMs = Math.max(0, ...rows.map(longestIn));
  return Math.max(1, deadline.atMs - nowMs - longestMs + 1);
}

/** Awake time until the open attempt's timeout; null where it has none, is paused, is already being stopped, or has ended. */
export function timeLeftMs(task: Task, awakeMs: number): number | null {
  const open = openAttempt(task);
  if (open?.startedAwakeMs === undefined || task.spec.timeoutMs === undefined || open.stop !== undefined)
    return null;
  // Of a service, it holds until it serves.
  const isReady = open.service?.readyAt !== undefined;
  if (open.paused !== undefined || isCollecting(task) || isReady) return null;
  return open.startedAwakeMs + (open.pausedMs ?? 0) + task.spec.timeoutMs - awakeMs;
}

/** Time until the queueTtl, in ms; null for a task without one, or that has run before. It counts from the earliest start. */
function queueTtlLeftMs({ metadata, spec, status }: Task, nowMs: number): number | null {
  if (spec.queueTtlMs === undefined || spec.hold) return null;
  // A user's retry does not restart the wait: it would expire at once.
  if (status.attempt > 0 || metadata.epoch > 1) return null;
  const sinceMs = Math.max(instantMs(metadata.createdAt), instantMs(spec.notBefore ?? metadata.createdAt));
  return sinceMs + spec.queueTtlMs - nowMs;
}
