import type { TaskId } from "../model/identity.ts";
import { openAttempt, type Task } from "../model/task.ts";
import { allot } from "./allot.ts";
import { callOff, type Dismissal } from "./dismiss.ts";
import { gateOf, rewaited } from "./gate.ts";
import { closingOf, type Pause, pauseOf } from "./pause.ts";
import type { Placement } from "./place.ts";
import type { Surroundings } from "./snapshot.ts";

/** All that a decision may look at; `awakeMs` as `Clock.awakeMs`. */
export interface Snapshot extends Surroundings {
  readonly awakeMs: number;
  /** The queued tasks that may be started here; the others are only seen. */
  readonly mayClaim: (task: Task) => boolean;
  /** False while nothing new may start: leaving, handing over, no room on the disk. */
  readonly isClaiming: boolean;
}

export type Action =
  /** The running time is over. */
  | { readonly type: "timeOut"; readonly task: Task }
  /** A newer task of its lane takes its place. */
  | { readonly type: "supersede"; readonly task: Task; readonly by: TaskId }
  /** It is not to run any more. */
  | ({ readonly type: "dismiss" } & Dismissal)
  /** It waited longer in the queue than it was allowed to. */
  | { readonly type: "expire"; readonly task: Task }
  /** The clock was set back under a wait: it begins anew, as `to`. */
  | { readonly type: "rewait"; readonly task: Task; readonly to: Task }
  | ({ readonly type: "claim" } & Placement);

export interface Plan {
  readonly actions: readonly Action[];
  /** When time alone opens the next gate, in ms from now; null where only an event can. */
  readonly wakeInMs: number | null;
  /** What keeps ready tasks from starting; null where nothing does, or none is ready. */
  readonly pause: Pause | null;
}

/** Decides one turn: first what must stop, then what is called off or waited too long, then who starts, in the order of their turn. */
export function plan(snapshot: Snapshot): Plan {
  const { active, queued, nowMs } = snapshot;
  const actions: Action[] = [];
  const waits: number[] = [];
  for (const task of active) {
    const leftMs = timeLeftMs(task, snapshot.awakeMs);
    if (leftMs === null) continue;
    if (leftMs <= 0) actions.push({ type: "timeOut", task });
    else waits.push(leftMs);
  }
  const { dismissed, superseded } = callOff(snapshot);
  actions.push(...superseded.map((one) => ({ type: "supersede", ...one }) as const));
  actions.push(...dismissed.map((one) => ({ type: "dismiss", ...one }) as const));
  const dropped = new Set(dismissed.map(({ task }) => task));
  const ready: Task[] = [];
  for (const task of queued) {
    if (dropped.has(task)) continue;
    const patienceMs = patienceLeftMs(task, nowMs);
    if (patienceMs !== null && patienceMs <= 0) {
      actions.push({ type: "expire", task });
      continue;
    }
    if (patienceMs !== null) waits.push(patienceMs);
    const to = rewaited(task, nowMs);
    if (to !== null) actions.push({ type: "rewait", task, to });
    const gate = gateOf(task, snapshot);
    if (gate.type === "open") ready.push(task);
    else if ("untilMs" in gate) waits.push(gate.untilMs - nowMs);
  }
  const pause = ready.length === 0 ? null : pauseOf(snapshot);
  if (pause?.type === "hours" && pause.untilMs !== null) waits.push(pause.untilMs - nowMs);
  if (snapshot.isClaiming && pause === null) {
    const claimable = ready.filter((task) => snapshot.mayClaim(task) && closingOf(task, snapshot) === null);
    const { placements } = allot(snapshot, { ready: claimable });
    actions.push(...placements.map((placement) => ({ type: "claim", ...placement }) as const));
  }
  return {
    actions,
    wakeInMs: waits.length === 0 ? null : waits.reduce((least, wait) => Math.min(least, wait)),
    pause,
  };
}

/** Time awake until the open attempt's timeout; null where there is none or it is being stopped already. */
function timeLeftMs(task: Task, awakeMs: number): number | null {
  const open = openAttempt(task);
  if (open?.startedAwakeMs === undefined || task.spec.timeoutMs === undefined || open.stop !== undefined)
    return null;
  return open.startedAwakeMs + task.spec.timeoutMs - awakeMs;
}

/** Only a task that has never run can wait too long; the wait begins when the user lets it start. */
function patienceLeftMs({ metadata, spec, status }: Task, nowMs: number): number | null {
  // Asked for again by a person, it would be over at once.
  const hasBegun = status.attempt > 0 || metadata.epoch > 1;
  if (spec.queueTtlMs === undefined || hasBegun || spec.hold) return null;
  const sinceMs = Math.max(Date.parse(metadata.createdAt), Date.parse(spec.notBefore ?? metadata.createdAt));
  return sinceMs + spec.queueTtlMs - nowMs;
}
