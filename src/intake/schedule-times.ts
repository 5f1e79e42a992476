import { ok } from "../lib/result.ts";
import { instantAt, isTimeZone, type WallTime } from "../lib/zone.ts";
import { refuse } from "./fault.ts";
import { after, reader, text } from "./readers.ts";
import { textLike } from "./schema.ts";
import { describe } from "./value.ts";

/** A point in time: an instant, or a wall-clock time in a zone that is not known yet. */
export type CalendarTime =
  | { readonly type: "instant"; readonly ms: number }
  | { readonly type: "wall"; readonly wall: WallTime; readonly isDate: boolean };

const FORM =
  /^(\d{4})-(\d{2})-(\d{2})(?:[Tt ](\d{2}):(\d{2})(?::(\d{2})(?:\.\d{1,9})?)?\s*([Zz]|[+-]\d{2}:?\d{2})?)?$/;

/** Reads a date, or a date with a time, with or without its offset from UTC. */
export const calendar = reader(
  textLike(`^\\s*${FORM.source.slice(1, -1)}\\s*$`, { examples: ["2026-12-31", "2026-12-31T18:00"] }),
  after(text, (typed, value) => {
    const found = calendarIn(typed.trim());
    return found === null
      ? refuse(value, `is ${describe(value)}, wanted a date such as 2026-12-31 or 2026-12-31T18:00`)
      : ok(found);
  }),
);

function calendarIn(typed: string): CalendarTime | null {
  const match = FORM.exec(typed);
  if (match === null) return null;
  const [, year, month, day, hour = "0", minute = "0", second = "0", zone] = match;
  const wall = {
    year: Number(year),
    month: Number(month),
    day: Number(day),
    hour: Number(hour),
    minute: Number(minute),
    second: Number(second),
  };
  if (!isReal(wall)) return null;
  if (zone === undefined) return { type: "wall", wall, isDate: match[4] === undefined };
  const [, sign = "+", hours = "0", minutes = "0"] = /^([+-])(\d{2}):?(\d{2})$/.exec(zone) ?? [];
  const offsetMs = (sign === "-" ? -1 : 1) * (Number(hours) * 60 + Number(minutes)) * 60_000;
  return { type: "instant", ms: instantAt(wall, "UTC") - offsetMs };
}

/** Date rolls over: the 31st of February would be in March. */
function isReal({ year, month, day, hour, minute, second }: WallTime): boolean {
  const date = new Date(Date.UTC(year, month - 1, day));
  return (
    date.getUTCMonth() === month - 1 &&
    date.getUTCDate() === day &&
    hour <= 23 &&
    minute <= 59 &&
    second <= 59
  );
}

/** The instant in a zone, in ms since the epoch; as an end, a date includes its whole day. */
export function instantIn(
  of: CalendarTime,
  { timeZone, isEnd }: { timeZone: string; isEnd: boolean },
): number {
  if (of.type === "instant") return of.ms;
  const { wall, isDate } = of;
  if (!isEnd || !isDate) return instantAt(wall, timeZone);
  const next = new Date(Date.UTC(wall.year, wall.month - 1, wall.day + 1));
  const day = { year: next.getUTCFullYear(), month: next.getUTCMonth() + 1, day: next.getUTCDate() };
  return instantAt({ ...wall, ...day }, timeZone);
}

/** The name of a time zone. */
export const zoneName = reader(
  { type: "string", examples: ["Europe/Berlin", "UTC"] },
  after(text, (name, value) =>
    isTimeZone(name)
      ? ok(name)
      : refuse(value, `is ${describe(value)}, wanted a time zone such as Europe/Berlin or UTC`),
  ),
);
