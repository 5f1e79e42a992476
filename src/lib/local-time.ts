import { formatDuration } from "./duration.ts";

/** A time for people, in the local zone, to the minute: `2026-11-30 03:10`, or `03:10` where it is today. */
export function localTime(instant: string | number, nowMs: number): string {
  const time = new Date(instant);
  const isToday = new Date(nowMs).toDateString() === time.toDateString();
  return isToday ? clockOf(time) : `${dayOf(time)} ${clockOf(time)}`;
}

function dayOf(time: Date): string {
  return `${time.getFullYear()}-${two(time.getMonth() + 1)}-${two(time.getDate())}`;
}

function clockOf(time: Date): string {
  return `${two(time.getHours())}:${two(time.getMinutes())}`;
}

function two(value: number): string {
  return String(value).padStart(2, "0");
}

/** The stamp of a line in a log for people: `2026-11-30 03:10:05`, in the local zone. */
export function localStamp(ms: number): string {
  const time = new Date(ms);
  return `${dayOf(time)} ${clockOf(time)}:${two(time.getSeconds())}`;
}

/** `5m ago` or `in 5m`. */
export function relativeTime(instant: string | number, nowMs: number): string {
  const distanceMs = new Date(instant).getTime() - nowMs;
  return distanceMs <= 0 ? `${formatDuration(-distanceMs)} ago` : `in ${formatDuration(distanceMs)}`;
}
