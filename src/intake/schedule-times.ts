import { ok } from "../lib/result.ts";
import { isTimeZone } from "../lib/zone.ts";
import { misfit } from "./fault.ts";
import { after, reader, text } from "./readers.ts";
import { textLike } from "./schema.ts";

/** A point in time: an instant, or a wall-clock time in a zone that is not known yet. */
export type CalendarTime =
  | { readonly type: "instant"; readonly ms: number }
  | { readonly type: "wall"; readonly wall: Temporal.PlainDateTime; readonly isDate: boolean };

/** A date, and what may follow it: a time, and its offset from UTC. */
export const CALENDAR =
  /^(\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01]))(?:[Tt ]((?:[01]\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:\.\d{1,9})?)?)\s*([Zz]|[+-]\d{2}:?\d{2})?)?$/;

/** Reads a date, or a date with a time, with or without its offset from UTC. */
export const calendar = reader(
  textLike(`^\\s*${CALENDAR.source.slice(1, -1)}\\s*$`, { examples: ["2026-12-31", "2026-12-31T18:00"] }),
  after(text, (typed, value) => {
    // Fractions of a second do not count.
    const found = calendarIn(typed.trim().replace(/\.\d+/, ""));
    return found === null ? misfit(value, "a date such as 2026-12-31 or 2026-12-31T18:00") : ok(found);
  }),
);

/** Parses a date, or a date with a time, with or without its offset from UTC; null where the text is none. */
export function calendarIn(typed: string): CalendarTime | null {
  const [, date, time, zone] = CALENDAR.exec(typed) ?? [];
  if (date === undefined) return null;
  try {
    if (zone !== undefined)
      return { type: "instant", ms: Temporal.Instant.from(`${date}T${time}${zone}`).epochMilliseconds };
    const wall = Temporal.PlainDateTime.from(`${date}T${time ?? "00:00"}`);
    return { type: "wall", wall, isDate: time === undefined };
  } catch {
    // Temporal throws a RangeError for the 31st of February.
    return null;
  }
}

/** The instant in a zone, in ms since the epoch; as an end, a date includes its whole day. */
export function instantIn(
  of: CalendarTime,
  { timeZone, isEnd }: { timeZone: string; isEnd: boolean },
): number {
  if (of.type === "instant") return of.ms;
  const wall = isEnd && of.isDate ? of.wall.add({ days: 1 }) : of.wall;
  return wall.toZonedDateTime(timeZone).epochMilliseconds;
}

export const zoneName = reader(
  { type: "string", examples: ["Europe/Berlin", "UTC"] },
  after(text, (name, value) =>
    isTimeZone(name) ? ok(name) : misfit(value, "a time zone such as Europe/Berlin or UTC"),
  ),
);
