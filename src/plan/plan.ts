import { instantMs } from "../lib/clock.ts";
import type { TaskId } from "../model/identity.ts";
import { openAttempt, type Task } from "../model/task.ts";
import { applyAdmission, type Cancellation, isCoupled } from "./admission.ts";
import { assign } from "./assign.ts";
import { gateOf, rescheduledBackoff } from "./gate.ts";
import type { PlanInput } from "./input.ts";
import { deadlinePauseOf, type Pause, pauseOf } from "./pause.ts";
import type { Placement } from "./place.ts";
import { type PriorityBucket, type Queue, queueOf, queueSize, type Ready } from "./queue.ts";

/** All that a decision may look at; `awakeMs` as `Clock.awakeMs`. */
export interface Snapshot extends PlanInput {
  readonly awakeMs: number;
  /** The queued tasks that may be started here; the others are only seen. Null for all. */
  readonly mayClaim: ((task: Task) => boolean) | null;
  /** False while nothing new may start: leaving, handing over, no room on the disk. */
  readonly isClaiming: boolean;
}

/** The same with its queue told apart already: nobody goes through all of it. */
export type PlanInputByGate = Omit<Snapshot, "queued"> & { readonly queue: Queue };

export type Action =
  /** The running time is over. */
  | { readonly type: "timeOut"; readonly task: Task }
  /** A newer task of its lane takes its place. */
  | { readonly type: "supersede"; readonly task: Task; readonly by: TaskId }
  /** It is not to run any more. */
  | ({ readonly type: "dismiss" } & Cancellation)
  /** It waited longer in the queue than it was allowed to. */
  | { readonly type: "expire"; readonly task: Task }
  /** The clock was set back under a wait: it begins anew, as `to`. */
  | { readonly type: "rewait"; readonly task: Task; readonly to: Task }
  | ({ readonly type: "claim" } & Placement);

export interface Plan {
  readonly actions: readonly Action[];
  /** When time alone can lead to another plan, in ms from now; null where only an event can. */
  readonly wakeInMs: number | null;
  /** What keeps ready tasks from starting; null where nothing does, or none is ready. */
  readonly pause: Pause | null;
  /** True while a task could start but for room or conditions, which may change without anybody's saying so. */
  readonly isWaiting: boolean;
}

/** Decides one turn: first what must stop, then what is called off or waited too long, then who starts, in the order of their turn. */
export function plan(snapshot: Snapshot | PlanInputByGate): Plan {
  const { active, nowMs, machine, parents, failedMembers } = snapshot;
  const actions: Action[] = [];
  const wake = new Wake();
  for (const task of active) {
    const leftMs = timeLeftMs(task, snapshot.awakeMs);
    if (leftMs === null) continue;
    if (leftMs <= 0) actions.push({ type: "timeOut", task });
    else wake.in(leftMs);
  }
  const queue = "queue" in snapshot ? snapshot.queue : queueOf(snapshot.queued);
  const { tied, open, claimable, overdue } = lookThrough(snapshot, { bound: queue.gated, wake });
  const around = { nowMs, active, machine, parents, failedMembers, queued: tied };
  const { dismissed, superseded } = applyAdmission(around);
  actions.push(...superseded.map((one) => ({ type: "supersede", ...one }) as const));
  actions.push(...dismissed.map((one) => ({ type: "dismiss", ...one }) as const));
  const dropped = new Set(dismissed.map(({ task }) => task));
  actions.push(...overdue.filter(({ task }) => !dropped.has(task)));
  const left = (tasks: Task[]): Task[] =>
    dropped.size === 0 ? tasks : tasks.filter((task) => !dropped.has(task));
  const pause = left(open).length + queueSize(queue.buckets) === 0 ? null : pauseOf(snapshot);
  if (pause?.type === "hours" && pause.untilMs !== null) wake.in(pause.untilMs - nowMs);
  let isWaiting = pause !== null;
  if (snapshot.isClaiming && pause === null) {
    const asked = { ready: left(claimable), lines: claimableIn(queue.buckets, snapshot) };
    const { placements, standsMs } = assign(around, asked);
    actions.push(...placements.map((placement) => ({ type: "claim", ...placement }) as const));
    wake.in(closesInMs(asked, snapshot));
    wake.in(standsMs);
    isWaiting = asked.ready.length + queueSize(asked.lines) > placements.length;
  }
  return { actions, wakeInMs: wake.leastMs, pause, isWaiting };
}

type Seen = Omit<Snapshot, "queued">;

/** What the queued tasks are by themselves that are not free; they are gone through once. */
interface Looked {
  /** Those that have to do with others. */
  readonly tied: Task[];
  /** Those whose gates are open. */
  readonly open: Task[];
  /** Those of them that may be started here. */
  readonly claimable: Task[];
  readonly overdue: Extract<Action, { type: "expire" | "rewait" }>[];
}

function lookThrough(
  snapshot: Seen,
  { bound, wake }: { readonly bound: readonly Task[]; readonly wake: Wake },
): Looked {
  const { nowMs } = snapshot;
  const [tied, open, claimable]: [Task[], Task[], Task[]] = [[], [], []];
  const overdue: Looked["overdue"] = [];
  for (const task of bound) {
    if (isCoupled(task)) tied.push(task);
    const patienceMs = patienceLeftMs(task, nowMs);
    if (patienceMs !== null && patienceMs <= 0) {
      overdue.push({ type: "expire", task });
      continue;
    }
    wake.in(patienceMs);
    const to = rescheduledBackoff(task, nowMs);
    if (to !== null) overdue.push({ type: "rewait", task, to });
    const gate = gateOf(task, snapshot);
    if (gate.type === "open") {
      open.push(task);
      if (isClaimable(task, snapshot)) claimable.push(task);
    } else if ("untilMs" in gate) wake.in(gate.untilMs - nowMs);
    else if (gate.type !== "held") wake.in(startsInMs(task, nowMs));
  }
  return { tied, open, claimable, overdue };
}

/** The free tasks that may be started here; where all may, none is looked at. */
function claimableIn(lines: readonly PriorityBucket[], snapshot: Seen): readonly PriorityBucket[] {
  if (snapshot.mayClaim === null && snapshot.machine.deadline?.isFitting !== true) return lines;
  return lines.map((line) => ({ ...line, tasks: line.tasks.filter((task) => isClaimable(task, snapshot)) }));
}

function isClaimable(task: Task, snapshot: Seen): boolean {
  return (snapshot.mayClaim === null || snapshot.mayClaim(task)) && deadlinePauseOf(task, snapshot) === null;
}

/** The first of many moments, in ms from now. */
class Wake {
  leastMs: number | null = null;

  /** Null is never. */
  in(ms: number | null): void {
    if (ms !== null && (this.leastMs === null || ms < this.leastMs)) this.leastMs = ms;
  }
}

/** A task comes to its lane at the time of its start, though it cannot go yet; null where that is over. */
function startsInMs({ spec }: Task, nowMs: number): number | null {
  const leftMs = spec.notBefore === undefined ? 0 : Date.parse(spec.notBefore) - nowMs;
  return leftMs > 0 ? leftMs : null;
}

/** When the first of the tasks that may start now may not any more, as the work ends; what is kept for it is free then. */
function closesInMs({ ready, lines }: Ready, { machine: { deadline }, nowMs }: Seen): number | null {
  if (deadline === null) return null;
  const longestIn = (tasks: readonly Task[]): number =>
    tasks.reduce((longest, { spec }) => Math.max(longest, spec.timeoutMs ?? 0), 0);
  const rows = deadline.isFitting ? [ready, ...lines.map(({ tasks }) => tasks)] : [];
  const longestMs = Math.max(0, ...rows.map(longestIn));
  return Math.max(1, deadline.atMs - nowMs - longestMs + 1);
}

/** Time awake until the open attempt's timeout; null where there is none or it is being stopped already. */
function timeLeftMs(task: Task, awakeMs: number): number | null {
  const open = openAttempt(task);
  if (open?.startedAwakeMs === undefined || task.spec.timeoutMs === undefined || open.stop !== undefined)
    return null;
  if (open.paused !== undefined) return null;
  return open.startedAwakeMs + (open.pausedMs ?? 0) + task.spec.timeoutMs - awakeMs;
}

/** Only a task that has never run can wait too long; the wait begins when the user lets it start. */
function patienceLeftMs({ metadata, spec, status }: Task, nowMs: number): number | null {
  if (spec.queueTtlMs === undefined || spec.hold) return null;
  // Asked for again by a person, it would be over at once.
  if (status.attempt > 0 || metadata.epoch > 1) return null;
  const sinceMs = Math.max(instantMs(metadata.createdAt), instantMs(spec.notBefore ?? metadata.createdAt));
  return sinceMs + spec.queueTtlMs - nowMs;
}
