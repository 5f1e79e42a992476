import { Cron } from "croner";
import { earliest } from "../lib/earliest.ts";
import { isTimeZone } from "../lib/zone.ts";
import type { Schedule, Timing } from "../model/schedule.ts";
import { mustBothMatch } from "./cron.ts";
import { CRON_FIELDS, valuesIn } from "./cron-field.ts";
import { CRON_FORM, type CronSlip, cronSlip } from "./cron-slip.ts";

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
  const crons = timing.expressions.map((expression) => cronOf(expression, timeZone));
  // An instant of two expressions is one.
  return (afterMs) => earliest(crons.map((cron) => cron.nextRun(new Date(afterMs))?.getTime() ?? null));
}

/**
 * Croner's rules for clock changes: an expression of plain numbers, lists and ranges fires at the first minute after a gap, and once in an
 * hour that occurs twice; one with `*` or a step in its hours or minutes follows the clock.
 */
function cronOf(expression: string, timezone: string): Cron {
  return new Cron(withinFields(expression), {
    timezone,
    mode: "5-part",
    fixedTimeRule: "no-wildcard",
    domAndDow: mustBothMatch(expression),
  });
}

/** With a step longer than its field, such as 30 hours, cron fires at the first value alone; croner refuses it. */
function withinFields(expression: string): string {
  if (!expression.includes("/")) return expression;
  return expression
    .trim()
    .split(/\s+/)
    .map((typed, index) => {
      const { [index]: field } = CRON_FIELDS;
      const most = field === undefined ? Number.POSITIVE_INFINITY : valuesIn(field);
      return typed.replaceAll(/\/(\d+)/g, (_, step: string) => `/${Math.min(Number(step), most)}`);
    })
    .join(" ");
}

/** What is wrong with a cron expression; null where it has a next run after an instant. */
export function cronFault(
  expression: string,
  { timeZone, nowMs }: { timeZone: string; nowMs: number },
): CronSlip | null {
  const slip = cronSlip(expression);
  if (slip !== null) return slip;
  if (!isTimeZone(timeZone))
    return {
      what: `is in the unknown time zone "${timeZone}"`,
      hint: "wanted one such as Europe/Berlin or UTC",
    };
  try {
    const next = cronOf(expression, timeZone).nextRun(new Date(nowMs));
    return next === null ? { what: "never comes", hint: "look at its day and its month" } : null;
  } catch {
    // Croner's words are for programmers.
    return { what: "is not a cron expression", hint: CRON_FORM };
  }
}
