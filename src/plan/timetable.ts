import { Cron } from "croner";
import type { Schedule, Timing } from "../model/schedule.ts";

/** The first instant after another, both in ms since the epoch; null where there is none. */
export type Timetable = (afterMs: number) => number | null;

/** The instants of a schedule within its dates; without `fromMs`, a period counts from `sinceMs`. */
export function timetable(
  { timing, timeZone, fromMs, untilMs }: Pick<Schedule, "timing" | "timeZone" | "fromMs" | "untilMs">,
  sinceMs: number,
): Timetable {
  const next = instants(timing, { timeZone, anchorMs: fromMs ?? sinceMs });
  return (afterMs) => {
    // `fromMs` itself is included.
    const found = next(fromMs === undefined ? afterMs : Math.max(afterMs, fromMs - 1));
    return found === null || (untilMs !== undefined && found >= untilMs) ? null : found;
  };
}

function instants(timing: Timing, { timeZone, anchorMs }: { timeZone: string; anchorMs: number }): Timetable {
  if (timing.type === "every") {
    const { everyMs } = timing;
    return (afterMs) => anchorMs + (Math.floor((afterMs - anchorMs) / everyMs) + 1) * everyMs;
  }
  const cron = cronOf(timing.expression, timeZone);
  return (afterMs) => cron.nextRun(new Date(afterMs))?.getTime() ?? null;
}

/**
 * Croner's rules for clock changes: an expression of plain numbers, lists and ranges fires at the first minute after a gap, and once in an
 * hour that occurs twice; one with `*` or a step in its hours or minutes follows the clock.
 */
function cronOf(expression: string, timezone: string): Cron {
  return new Cron(withinFields(expression), { timezone, mode: "5-part", fixedTimeRule: "no-wildcard" });
}

/** The number of values of minutes, hours, days, months and weekdays. */
const LENGTHS = [60, 24, 31, 12, 7];

/** With a step longer than its field, such as 30 hours, cron fires at the first value alone; croner refuses it. */
function withinFields(expression: string): string {
  if (!expression.includes("/")) return expression;
  return expression
    .trim()
    .split(/\s+/)
    .map((field, index) =>
      field.replaceAll(
        /\/(\d+)/g,
        (_, step: string) => `/${Math.min(Number(step), LENGTHS[index] ?? Number(step))}`,
      ),
    )
    .join(" ");
}

/** What is wrong with a cron expression, as a predicate; null where it has a next run after an instant. */
export function cronFault(
  expression: string,
  { timeZone, nowMs }: { timeZone: string; nowMs: number },
): string | null {
  try {
    // Croner detects an invalid zone only here.
    const next = cronOf(expression, timeZone).nextRun(new Date(nowMs));
    return next === null ? "never comes" : null;
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error);
    return `is not a cron expression: ${said.replace(/^CronPattern: /, "")}`;
  }
}
