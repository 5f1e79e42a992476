import type { Schedule, Timing } from "../../src/model/schedule.ts";
import type { Mark } from "../../src/plan/schedule.ts";

/** A schedule that says no more than when. */
export function aSchedule(timing: Timing | string, change: Partial<Schedule> = {}): Schedule {
  return {
    timing: typeof timing === "string" ? { type: "cron", expression: timing } : timing,
    timeZone: "UTC",
    catchUp: "latest",
    windowMs: 24 * 3_600_000,
    cap: 100,
    jitterMs: 0,
    isPaused: false,
    ...change,
  };
}

/** A schedule that came to be at a time and has not fired. */
export function aMark(since: string): Mark {
  return { uid: "0197-schedule", since: new Date(since).toISOString() };
}
