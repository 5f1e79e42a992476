import { own } from "../lib/own.ts";
import { CRON_FIELDS, fieldValues } from "./cron-field.ts";

/** Words for expressions, in lower case. */
export const NICKNAMES: Readonly<Record<string, string>> = {
  "@yearly": "0 0 1 1 *",
  "@annually": "0 0 1 1 *",
  "@monthly": "0 0 1 * *",
  "@weekly": "0 0 * * 0",
  "@daily": "0 0 * * *",
  "@midnight": "0 0 * * *",
  "@hourly": "0 * * * *",
};

/** The values of a cron expression. */
export interface CronTimes {
  readonly minutes: readonly number[];
  readonly hours: readonly number[];
  readonly days: readonly number[];
  /** From 1. */
  readonly months: readonly number[];
  /** 0 is Sunday. */
  readonly weekdays: readonly number[];
  readonly mustBothMatch: boolean;
}

/** The five fields of an expression, a nickname's too. */
function cronFields(expression: string): string[] {
  const typed = expression.trim();
  return (own(NICKNAMES, typed.toLowerCase()) ?? typed).split(/\s+/);
}

/** The values of a valid expression; null where it has a sign that cron does not know, such as L. */
export function cronTimes(expression: string): CronTimes | null {
  const fields = cronFields(expression);
  const read = CRON_FIELDS.map((field, index) => fieldValues(fields[index] ?? "", field));
  const [minutes, hours, days, months, weekdays] = read.map((one) => (one.ok ? one.value : null));
  if (!minutes || !hours || !days || !months || !weekdays) return null;
  return { minutes, hours, days, months, weekdays, mustBothMatch: mustBothMatch(expression) };
}

/**
 * Whether a day must be in both of the fields for days, or in one of them. As in vixie-cron and cronie, it is both where one of the
 * fields begins with `*`, even with a step or in a list; else one is enough, as POSIX has it for two fields that are not `*`.
 */
export function mustBothMatch(expression: string): boolean {
  const [, , day = "", , weekday = ""] = cronFields(expression);
  return [day, weekday].some((field) => /^[*?]/.test(field));
}
