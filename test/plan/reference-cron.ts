/**
 * When cron fires, after crontab(5) and the source of vixie-cron, with no code of the program: sets of bits, tried minute by minute. What
 * the manual leaves open, the change of clocks, is as `stint help schedules` has it.
 */
export interface Span {
  readonly afterMs: number;
  /** Included. */
  readonly throughMs: number;
  readonly most: number;
}

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

/** A local time as ms since the epoch, as if it was UTC, and what a zone adds to UTC from an instant on. */
interface Offset {
  readonly fromMs: number;
  readonly offsetMs: number;
}

/** The instants of an expression, in order. */
export function referenceFirings(expression: string, timeZone: string, span: Span): number[] {
  const [minute = "", hour = "", day = "", month = "", weekday = ""] = expression.split(" ");
  const offsets = offsetsOf(timeZone, span);
  const [minutes, hours] = [bits(minute, 0, 59), bits(hour, 0, 23)];
  const isDay = dayTest({ day, month, weekday });
  const followsClock = /[*/]/.test(minute + hour);
  const found = new Set<number>();
  const firstDayMs = Math.floor((span.afterMs - DAY_MS) / DAY_MS) * DAY_MS;
  for (let dayMs = firstDayMs; dayMs <= span.throughMs + DAY_MS; dayMs += DAY_MS) {
    if (!isDay(new Date(dayMs))) continue;
    const times = [...hours].flatMap((one) =>
      [...minutes].map((another) => (one * 60 + another) * MINUTE_MS),
    );
    const instants = times.flatMap((timeMs) => instantsOf(dayMs + timeMs, offsets, followsClock));
    for (const ms of instants) if (ms > span.afterMs && ms <= span.throughMs) found.add(ms);
    if (found.size > 2 * span.most) break;
  }
  return [...found].toSorted((left, right) => left - right).slice(0, span.most);
}

/** The instants with a local time: two where the clock shows it twice; after a gap, the end of the gap. */
function instantsOf(localMs: number, offsets: readonly Offset[], followsClock: boolean): number[] {
  const all = offsets.flatMap(({ fromMs, offsetMs }, index) => {
    const ms = localMs - offsetMs;
    const endMs = offsets[index + 1]?.fromMs ?? Number.POSITIVE_INFINITY;
    return ms >= fromMs && ms < endMs ? [ms] : [];
  });
  if (followsClock) return all;
  if (all.length > 0) return all.slice(0, 1);
  const after = offsets.find(({ fromMs, offsetMs }) => localMs < fromMs + offsetMs);
  return after === undefined ? [] : [after.fromMs];
}

function offsetsOf(timeZone: string, { afterMs, throughMs }: Span): Offset[] {
  let at: Temporal.ZonedDateTime | null = Temporal.Instant.fromEpochMilliseconds(
    afterMs - 3 * DAY_MS,
  ).toZonedDateTimeISO(timeZone);
  const offsets: Offset[] = [];
  while (at !== null && at.epochMilliseconds < throughMs + 3 * DAY_MS) {
    offsets.push({
      fromMs: offsets.length === 0 ? Number.NEGATIVE_INFINITY : at.epochMilliseconds,
      offsetMs: at.offsetNanoseconds / 1e6,
    });
    at = at.getTimeZoneTransition("next");
  }
  return offsets;
}

/** As in find_jobs() of vixie-cron: with a `*` in front of one of the two fields, both must match, else one of them. */
function dayTest(of: { day: string; month: string; weekday: string }): (date: Date) => boolean {
  const days = bits(of.day, 1, 31);
  const months = bits(of.month, 1, 12);
  const weekdays = bits(of.weekday, 0, 7);
  if (weekdays.has(7)) weekdays.add(0);
  const isStar = of.day.startsWith("*") || of.weekday.startsWith("*");
  return (date) => {
    const inDays = days.has(date.getUTCDate());
    const inWeekdays = weekdays.has(date.getUTCDay());
    return months.has(date.getUTCMonth() + 1) && (isStar ? inDays && inWeekdays : inDays || inWeekdays);
  };
}

const NAMES = ["sun mon tue wed thu fri sat", "jan feb mar apr may jun jul aug sep oct nov dec"].map(
  (names) => names.split(" "),
);

function bits(field: string, low: number, high: number): Set<number> {
  const set = new Set<number>();
  const numberOf = (text: string): number => {
    const names = high === 12 ? NAMES[1] : NAMES[0];
    const index = names?.indexOf(text.toLowerCase()) ?? -1;
    return index >= 0 ? index + (high === 12 ? 1 : 0) : Number(text);
  };
  for (const element of field.split(",")) {
    const [range = "", step = "1"] = element.split("/");
    const [from = "", to = from] = range.split("-");
    const [first, last] = range === "*" ? [low, high] : [numberOf(from), numberOf(to)];
    for (let value = first; value <= last; value += Number(step)) set.add(value);
  }
  return set;
}
