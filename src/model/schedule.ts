import * as v from "valibot";
import { instant, taskId } from "./identity.ts";
import type { ADMISSIONS } from "./spec.ts";

/** Which missed firings are made up for: none, the latest, all. */
export const CATCH_UPS = ["none", "latest", "all"] as const;

export type Timing =
  /** Each of five fields, in the time zone of the schedule; it fires at the instants of any of them. */
  | { readonly type: "cron"; readonly expressions: readonly string[] }
  /** Counted from `fromMs`, else from the creation of the schedule. */
  | { readonly type: "every"; readonly everyMs: number };

/** The rule of a schedule. Instants in ms since the epoch. */
export interface Schedule {
  readonly timing: Timing;
  readonly timeZone: string;
  /** What a firing does while an earlier one is unfinished; absent where the tasks say it themselves. */
  readonly overlap?: (typeof ADMISSIONS)[number];
  readonly catchUp: (typeof CATCH_UPS)[number];
  /** How late a missed firing may be made up for. */
  readonly windowMs: number;
  /** How many missed firings are made up for at once. */
  readonly cap: number;
  /** The upper bound of the random delay of a firing. */
  readonly jitterMs: number;
  readonly fromMs?: number;
  /** Excluded. */
  readonly untilMs?: number;
  readonly isPaused: boolean;
}

/** The state of a schedule, in its sidecar file. */
export const scheduleState = v.strictObject({
  /** Of this schedule; one that is removed and created again has another. */
  uid: v.string(),
  /** The rule that this state belongs to; see `stateUnder`. */
  rule: v.string(),
  /** Since when the rule applies: no earlier firing is made up for. */
  since: instant,
  lastFired: v.optional(instant),
  /** The result of the last firing. */
  last: v.optional(
    v.strictObject({
      firedFor: instant,
      tasks: v.array(taskId),
      /** Why nothing was queued. */
      problem: v.optional(v.string()),
    }),
  ),
});
export type ScheduleState = v.InferOutput<typeof scheduleState>;

/** A run of a schedule by hand, in a file of its own: it needs no lock, and no firing counts from it. */
export const scheduleRun = v.strictObject({ at: instant, tasks: v.array(taskId) });
export type ScheduleRun = v.InferOutput<typeof scheduleRun>;

/** One firing of a schedule, as its tasks record it. */
export interface FiringIdentity {
  /** Of the schedule. */
  readonly uid: string;
  /** RFC 3339. */
  readonly firedFor: string;
}

/** The firing of a batch, kept beside its tasks until the state of the schedule is written. */
export const firingNote = v.strictObject({
  schedule: v.string(),
  uid: v.string(),
  firedFor: instant,
  tasks: v.array(taskId),
});
export type FiringNote = v.InferOutput<typeof firingNote>;

/** The name of a firing's batch: the same for each try, which makes the firing idempotent. */
export function firingBatch({ uid, firedFor }: FiringIdentity): string {
  return `fired-${uid}-${firedFor.replaceAll(/[^0-9TZ]/g, "")}`;
}

/** The part of a schedule that makes a new rule when it changes; firings missed under the old rule are not made up for. */
function ruleText({ timing, timeZone, fromMs, isPaused }: Schedule): string {
  const zone = timing.type === "cron" ? timeZone : null;
  return JSON.stringify({ ...timingJson(timing), zone, fromMs: fromMs ?? null, isPaused });
}

/** A timing as records and JSON have it: a single expression under its own name. */
export function timingJson(timing: Timing): Readonly<Record<string, unknown>> {
  if (timing.type === "every") return timing;
  const [expression, another] = timing.expressions;
  return another === undefined ? { type: timing.type, expression } : timing;
}

/** The state under the present rule: a new or changed rule applies from the change on, in ms since the epoch. */
export function stateUnder(
  schedule: Schedule,
  known: ScheduleState | null,
  fresh: { readonly uid: string; readonly changedMs: number },
): ScheduleState {
  const rule = ruleText(schedule);
  if (known?.rule === rule) return known;
  const since = new Date(fresh.changedMs).toISOString();
  return known === null ? { uid: fresh.uid, rule, since } : { ...known, rule, since };
}

/** The state after a firing; `lastFired` never goes back. */
export function stateAfter(state: ScheduleState, last: NonNullable<ScheduleState["last"]>): ScheduleState {
  const isLater = state.lastFired === undefined || Date.parse(state.lastFired) < Date.parse(last.firedFor);
  return isLater ? { ...state, lastFired: last.firedFor, last } : state;
}
