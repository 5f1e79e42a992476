import { localZone, wallTime } from "../lib/zone.ts";
import type { WorkRules, WorkWindow } from "../model/work.ts";

const MINUTE_MS = 60_000;
const DAY_MINUTES = 1_440;
const WEEK_MINUTES = 7 * DAY_MINUTES;
const DAYS = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
/** More steps than windows and clock changes of two weeks need. */
const MAX_STEPS = 200;

type Hours = Pick<WorkRules, "hours" | "timeZone">;

/** True where the local time of the zone is in one of the windows; in an hour that occurs twice, both times. */
export function isWorkTime({ hours, timeZone }: Hours, nowMs: number): boolean {
  return hours.length === 0 || isIn(hours, minuteOfWeek(nowMs, timeZone));
}

/**
 * The start of the next window after `nowMs`, which is outside all windows; ms since the epoch. A start that a clock change skips is the
 * time of the change. Null where no window starts within two weeks.
 */
export function nextWorkTime({ hours, timeZone }: Hours, nowMs: number): number | null {
  const local = (ms: number): number => minuteOfWeek(ms, timeZone);
  let atMs = Math.floor(nowMs / MINUTE_MS) * MINUTE_MS;
  for (let step = 0; step < MAX_STEPS; step += 1) {
    const here = local(atMs);
    const ahead = Math.min(...hours.flatMap((window) => startsOf(window)).map((start) => until(here, start)));
    if (!Number.isFinite(ahead)) return null;
    const thenMs = atMs + ahead * MINUTE_MS;
    const change = wallTime(atMs, timeZone ?? localZone()).getTimeZoneTransition("next");
    atMs = Math.min(thenMs, change?.epochMilliseconds ?? thenMs);
    if (isIn(hours, local(atMs))) return atMs;
  }
  return null;
}

/** The time of day in the zone, with the weekday where it is more than a day ahead: `22:00`, `Mon 22:00`. */
export function describeWallTime(
  ms: number,
  { nowMs, timeZone }: { nowMs: number; timeZone: string | null },
): string {
  const minute = minuteOfWeek(ms, timeZone);
  const pad = (value: number): string => String(value).padStart(2, "0");
  const time = `${pad(Math.floor((minute % DAY_MINUTES) / 60))}:${pad(minute % 60)}`;
  const isFar = ms - nowMs >= DAY_MINUTES * MINUTE_MS;
  return isFar ? `${DAYS[Math.floor(minute / DAY_MINUTES)] ?? ""} ${time}` : time;
}

function isIn(hours: readonly WorkWindow[], minute: number): boolean {
  return hours.some((window) =>
    startsOf(window).some((start) => (minute - start + WEEK_MINUTES) % WEEK_MINUTES < window.minutes),
  );
}

function startsOf({ days, fromMinute }: WorkWindow): number[] {
  return days.map((day) => day * DAY_MINUTES + fromMinute);
}

/** Minutes until the local time next reaches a minute of the week; a whole week where it is that minute now. */
function until(here: number, there: number): number {
  return ((there - here + WEEK_MINUTES - 1) % WEEK_MINUTES) + 1;
}

/** Minutes of local time since Sunday 00:00. */
function minuteOfWeek(ms: number, timeZone: string | null): number {
  const { dayOfWeek, hour, minute } = wallTime(ms, timeZone ?? localZone());
  return (dayOfWeek % 7) * DAY_MINUTES + hour * 60 + minute;
}
