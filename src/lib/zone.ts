/** What a clock on the wall of some place shows. */
export interface WallTime {
  readonly year: number;
  /** 1 to 12. */
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
}

/** True for the name of a time zone that this system knows, such as Europe/Berlin. */
export function isTimeZone(name: string): boolean {
  try {
    formatOf(name);
    return true;
  } catch {
    // Intl throws a RangeError for what it does not know (ECMA-402).
    return false;
  }
}

/** The zone that this machine is set to. */
export function localZone(): string {
  return new Intl.DateTimeFormat().resolvedOptions().timeZone;
}

/** What the clocks of a zone show at an instant, in ms since the epoch. */
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
 * The instant at which the clocks of a zone show a time, in ms since the epoch. Of two it is the first, and what a
 * clock change leaves out is as long after the change as it would have been without it.
 */
export function instantAt(wall: WallTime, timeZone: string): number {
  const asUtc = utcOf(wall);
  const offsetAt = (ms: number): number => utcOf(wallTime(ms, timeZone)) - ms;
  const [before, after] = [offsetAt(asUtc - DAY_MS), offsetAt(asUtc + DAY_MS)];
  // Before a change the old offset holds, in a gap too; behind the change it does not lead back to the wall's time.
  return offsetAt(asUtc - before) === before || offsetAt(asUtc - after) !== after
    ? asUtc - before
    : asUtc - after;
}

const DAY_MS = 86_400_000;

function utcOf({ year, month, day, hour, minute, second }: WallTime): number {
  return Date.UTC(year, month - 1, day, hour, minute, second);
}

const formats = new Map<string, Intl.DateTimeFormat>();

/** To make one costs a hundred times what its use does. */
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
