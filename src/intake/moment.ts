import { timestamp } from "../lib/clock.ts";
import { parseDuration } from "../lib/duration.ts";
import { meantDuration } from "../lib/meant-amount.ts";
import { ok, type Result } from "../lib/result.ts";
import { localZone, wallTime } from "../lib/zone.ts";
import { type Fault, misfit, refuse, refuseFor } from "./fault.ts";
import { type ReadContext, reader } from "./readers.ts";
import { CALENDAR, calendarIn, instantIn } from "./schedule-times.ts";
import { textLike } from "./schema.ts";
import { describe, type Value } from "./value.ts";

const SPAN = /^(?:\d+(?:\.\d+)?(?:ms|s|m|h|d))+$/;
const DAY_TIME = /^([01]?\d|2[0-3]):([0-5]\d)(?::([0-5]\d))?$/;

/** A moment: RFC 3339, a local date or time, the next HH:MM, or a span from now. Returns an RFC 3339 timestamp. */
export const moment = reader(
  textLike(`^\\s*(?:now|${[SPAN, DAY_TIME, CALENDAR].map(bare).join("|")})\\s*$`, {
    examples: ["2026-05-01T03:00:00Z", "03:00", "2h"],
  }),
  (value: Value, { nowMs }: ReadContext): Result<string, Fault[]> => {
    const wanted = "a time such as 2026-05-01T03:00:00Z, 03:00, or 2h from now";
    if (value.type !== "scalar" || value.data === null) return misfit(value, wanted);
    const typed = value.text.trim();
    if (/^\d+(\.\d+)?$/.test(typed))
      return refuseFor(value, `is ${typed} without a unit, wanted ${wanted}`, `${typed}s`);
    const ms = momentIn(typed, nowMs);
    if (ms !== null) return ok(timestamp(ms));
    // `now+1hour` is a time of Slurm and at(1).
    const span = typed.replace(/^(?:now ?|in )?\+? ?/, "").replace(/ from now$/, "");
    const meant = /[a-z]/i.test(span) ? meantDuration(span) : null;
    const message = `is ${describe(value)}, wanted ${wanted}`;
    return meant === null || !SPAN.test(meant.text)
      ? refuse(value, message)
      : refuseFor(value, message, meant);
  },
);

/** A pattern without its anchors. */
function bare({ source }: RegExp): string {
  return source.slice(1, -1);
}

/** Parses a moment, in ms since the epoch: `now`, `2h`, `07:00`, a date; null where the text is none. */
export function momentIn(typed: string, nowMs: number): number | null {
  const span = typed === "now" ? 0 : parseDuration(typed);
  if (span !== null) return nowMs + span;
  const found = calendarIn(typed);
  return found === null
    ? nextDayTime(typed, nowMs)
    : instantIn(found, { timeZone: localZone(), isEnd: false });
}

function nextDayTime(typed: string, nowMs: number): number | null {
  const [, hour, minute, second = "0"] = DAY_TIME.exec(typed) ?? [];
  if (hour === undefined) return null;
  const time = { hour: Number(hour), minute: Number(minute), second: Number(second) };
  // Tomorrow by the calendar, not 24 hours on: a day with a clock change is shorter or longer.
  const at = (days: number): number =>
    wallTime(nowMs, localZone()).add({ days }).withPlainTime(time).epochMilliseconds;
  return at(0) > nowMs ? at(0) : at(1);
}
