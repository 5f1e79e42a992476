import { timestamp } from "../lib/clock.ts";
import { parseDuration } from "../lib/duration.ts";
import { ok, type Result } from "../lib/result.ts";
import { type Fault, refuse } from "./fault.ts";
import { type ReadContext, reader } from "./readers.ts";
import { textLike } from "./schema.ts";
import { describe, type Value } from "./value.ts";

const SPAN = /^(?:\d+(?:\.\d+)?(?:ms|s|m|h|d))+$/;
const DAY_TIME = /^([01]?\d|2[0-3]):([0-5]\d)(?::([0-5]\d))?$/;
const DATE_TIME =
  /^(\d{4})-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])(?:[Tt ]([01]\d|2[0-3]):([0-5]\d)(?::([0-5]\d)(\.\d{1,9})?)?\s*([Zz]|[+-]\d{2}:?\d{2})?)?$/;

/** A moment: RFC 3339, a local date or time, the next HH:MM, or a span from now. Returns an RFC 3339 timestamp. */
export const moment = reader(
  textLike(`^\\s*(?:now|${[SPAN, DAY_TIME, DATE_TIME].map(bare).join("|")})\\s*$`, {
    examples: ["2026-05-01T03:00:00Z", "03:00", "2h"],
  }),
  (value: Value, { nowMs }: ReadContext): Result<string, Fault[]> => {
    const wanted = "wanted a time such as 2026-05-01T03:00:00Z, 03:00, or 2h from now";
    if (value.type !== "scalar" || value.data === null)
      return refuse(value, `is ${describe(value)}, ${wanted}`);
    const typed = value.text.trim();
    if (/^\d+(\.\d+)?$/.test(typed))
      return refuse(value, `is ${typed} without a unit, ${wanted}`, `write ${typed}s`);
    const ms = momentIn(typed, nowMs);
    return ms === null ? refuse(value, `is ${describe(value)}, ${wanted}`) : ok(timestamp(ms));
  },
);

/** A pattern without its anchors. */
function bare({ source }: RegExp): string {
  return source.slice(1, -1);
}

/** Parses a moment, in ms since the epoch: `now`, `2h`, `07:00`, a date; null where the text is none. */
export function momentIn(typed: string, nowMs: number): number | null {
  const span = typed === "now" ? 0 : parseDuration(typed);
  return span === null ? (nextDayTime(typed, nowMs) ?? dateTime(typed)) : nowMs + span;
}

function nextDayTime(typed: string, nowMs: number): number | null {
  const [, hour, minute, second = "0"] = DAY_TIME.exec(typed) ?? [];
  if (hour === undefined || minute === undefined) return null;
  const today = new Date(nowMs);
  const at = (days: number): number =>
    // Tomorrow by the calendar, not 24 hours on: a day with a clock change is shorter or longer.
    new Date(
      today.getFullYear(),
      today.getMonth(),
      today.getDate() + days,
      Number(hour),
      Number(minute),
      Number(second),
    ).getTime();
  return at(0) > nowMs ? at(0) : at(1);
}

function dateTime(typed: string): number | null {
  const match = DATE_TIME.exec(typed);
  if (match === null) return null;
  const [
    ,
    year = "",
    month = "",
    day = "",
    hour = "00",
    minute = "00",
    second = "00",
    fraction = "",
    zone = "",
  ] = match;
  // Dates roll over: the 31st of February would be in March.
  const isDate =
    new Date(Date.UTC(Number(year), Number(month) - 1, Number(day))).getUTCMonth() === Number(month) - 1;
  if (!isDate) return null;
  const offset =
    zone.toUpperCase() === "Z" || zone === "" ? zone.toUpperCase() : `${zone.slice(0, 3)}:${zone.slice(-2)}`;
  const ms = new Date(
    `${year}-${month}-${day}T${hour}:${minute}:${second}${fraction.slice(0, 4)}${offset}`,
  ).getTime();
  return Number.isNaN(ms) ? null : ms;
}
