import { formatDuration } from "./duration.ts";

/** A time for people, in the local zone, to the minute: `2026-11-30 03:10`, or `03:10` where it is today. */
export function localTime(instant: string | number, nowMs: number): string {
  const time = new Date(instant);
  const pad = (value: number): string => String(value).padStart(2, "0");
  const clock = `${pad(time.getHours())}:${pad(time.getMinutes())}`;
  const day = `${time.getFullYear()}-${pad(time.getMonth() + 1)}-${pad(time.getDate())}`;
  return new Date(nowMs).toDateString() === time.toDateString() ? clock : `${day} ${clock}`;
}

/** `5m ago` or `in 5m`. */
export function relativeTime(instant: string | number, nowMs: number): string {
  const distanceMs = new Date(instant).getTime() - nowMs;
  return distanceMs <= 0 ? `${formatDuration(-distanceMs)} ago` : `in ${formatDuration(distanceMs)}`;
}
