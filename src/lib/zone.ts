/** A local time: what a wall clock in a time zone shows. */
export interface WallTime {
  readonly year: number;
  /** 1 to 12. */
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
}

/** True for a time zone that this system has, such as Europe/Berlin. */
export function isTimeZone(name: string): boolean {
  try {
    formatOf(name);
    return true;
  } catch {
    // Intl throws a RangeError for an unknown zone (ECMA-402).
    return false;
  }
}

/** The time zone of this machine. */
export function localZone(): string {
  return new Intl.DateTimeFormat().resolvedOptions().timeZone;
}

/** The local time of a zone at an instant in ms since the epoch. */
export function wallTime(ms: number, timeZone: string): WallTime {
  const parts = formatOf(timeZone).formatToParts(ms);
  const of = (type: string): number => Number(parts.find((part) => part.type === type)?.value);
  return {
    year: of("year"),
    month: of("month"),
    day: of("day"),
    hour: of("hour"),
    minute: of("minute"),
    second: of("second"),
  };
}

/**
 * The instant of a local time in a zone, in ms since the epoch. Of a local time that occurs twice it is the first; one that a clock change
 * skips is moved behind the change by the length of the gap.
 */
export function instantAt(wall: WallTime, timeZone: string): number {
  const asUtc = utcOf(wall);
  const offsetAt = (ms: number): number => utcOf(wallTime(ms, timeZone)) - ms;
  const [before, after] = [offsetAt(asUtc - DAY_MS), offsetAt(asUtc + DAY_MS)];
  // Before a change, and in a gap, the old offset holds; after the change it does not lead back to the local time.
  return offsetAt(asUtc - before) === before || offsetAt(asUtc - after) !== after
    ? asUtc - before
    : asUtc - after;
}

const DAY_MS = 86_400_000;

function utcOf({ year, month, day, hour, minute, second }: WallTime): number {
  return Date.UTC(year, month - 1, day, hour, minute, second);
}

const formats = new Map<string, Intl.DateTimeFormat>();

/** Cached: to create one takes a hundred times as long as to use it. */
function formatOf(timeZone: string): Intl.DateTimeFormat {
  const known = formats.get(timeZone);
  if (known !== undefined) return known;
  const numeric = "numeric";
  const made = new Intl.DateTimeFormat("en-US", {
    timeZone,
    calendar: "gregory",
    hourCycle: "h23",
    year: numeric,
    month: numeric,
    day: numeric,
    hour: numeric,
    minute: numeric,
    second: numeric,
  });
  formats.set(timeZone, made);
  return made;
}
