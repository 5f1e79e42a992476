import * as v from "valibot";
import { instant, taskId } from "./identity.ts";
import type { ADMISSIONS } from "./spec.ts";

/** What becomes of firings that nobody was there for: nothing, the last of them, all of them. */
export const CATCH_UPS = ["none", "latest", "all"] as const;

/** When a schedule fires. */
export type Timing =
  /** Five fields, in the zone of the schedule. */
  | { readonly type: "cron"; readonly expression: string }
  /** Counted from `fromMs`, else from when the schedule came to be. */
  | { readonly type: "every"; readonly everyMs: number };

/** The rule of a schedule. Instants in ms since the epoch. */
export interface Schedule {
  readonly timing: Timing;
  readonly timeZone: string;
  /** What a firing does where an earlier one has not ended; absent where the tasks say it themselves. */
  readonly overlap?: (typeof ADMISSIONS)[number];
  readonly catchUp: (typeof CATCH_UPS)[number];
  /** How late a firing may still be made up for. */
  readonly windowMs: number;
  /** How many may be made up for at once. */
  readonly cap: number;
  /** Each firing is late by less than this. */
  readonly jitterMs: number;
  readonly fromMs?: number;
  /** Excluded. */
  readonly untilMs?: number;
  readonly isPaused: boolean;
}

/** What a schedule has done, in its sidecar. */
export const scheduleState = v.strictObject({
  /** Of this schedule for all time: one that is removed and made again has another. */
  uid: v.string(),
  /** The rule that this was written under, see `stateUnder`. */
  rule: v.string(),
  /** Since when the rule holds: nothing before is made up for. */
  since: instant,
  /** The last instant that was fired for. */
  lastFired: v.optional(instant),
  /** What came of the last firing. */
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

/** One firing of a schedule, as the tasks of it carry it. */
export interface FiringIdentity {
  /** Of the schedule. */
  readonly uid: string;
  /** RFC 3339. */
  readonly firedFor: string;
}

/** Of a batch that a schedule queued, beside its tasks: what is to be noted of the firing. */
export const firingNote = v.strictObject({
  schedule: v.string(),
  uid: v.string(),
  firedFor: instant,
  tasks: v.array(taskId),
});
export type FiringNote = v.InferOutput<typeof firingNote>;

/** The batch of a firing: the same name each time that it is tried. */
export function firingBatch({ uid, firedFor }: FiringIdentity): string {
  return `fired-${uid}-${firedFor.replaceAll(/[^0-9TZ]/g, "")}`;
}

/** What of a schedule makes another rule when it changes: what the old one missed is not made up for under the new. */
function ruleText({ timing, timeZone, fromMs, isPaused }: Schedule): string {
  const zone = timing.type === "cron" ? timeZone : null;
  return JSON.stringify({ ...timing, zone, fromMs: fromMs ?? null, isPaused });
}

/** The state to go on from: a new or changed rule holds from the time of the change, in ms since the epoch. */
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

/** The state after a firing for an instant, which never goes back. */
export function stateAfter(state: ScheduleState, last: NonNullable<ScheduleState["last"]>): ScheduleState {
  const isLater = state.lastFired === undefined || Date.parse(state.lastFired) < Date.parse(last.firedFor);
  return isLater ? { ...state, lastFired: last.firedFor, last } : state;
}
