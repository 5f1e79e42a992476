import { formatDuration } from "../../lib/duration.ts";

/** A time as a person reads it, in the local zone: the hour alone where it is today. */
export function localTime(instant: string | number, nowMs: number): string {
  const time = new Date(instant);
  const pad = (value: number): string => String(value).padStart(2, "0");
  const clock = `${pad(time.getHours())}:${pad(time.getMinutes())}:${pad(time.getSeconds())}`;
  const day = `${time.getFullYear()}-${pad(time.getMonth() + 1)}-${pad(time.getDate())}`;
  return new Date(nowMs).toDateString() === time.toDateString() ? clock : `${day} ${clock}`;
}

/** How long ago, or how long until. */
export function relativeTime(instant: string | number, nowMs: number): string {
  const distanceMs = new Date(instant).getTime() - nowMs;
  return distanceMs <= 0 ? `${formatDuration(-distanceMs)} ago` : `in ${formatDuration(distanceMs)}`;
}
