import { typedDuration } from "../../lib/duration.ts";
import type { Timing } from "../../model/schedule.ts";
import { type CronTimes, cronTimes } from "../../plan/cron.ts";

const DAYS = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
const MONTHS = "January February March April May June July August September October November December".split(
  " ",
);
/** More values than this are not listed: the expression says it as well. */
const MOST_LISTED = 6;
/** From so many values on, a range is shorter than a list. */
const LEAST_RANGE = 3;

/** When a schedule fires, in words where they are simple, else as the expression. */
export function describeTiming(timing: Timing): string {
  if (timing.type === "every") return `every ${typedDuration(timing.everyMs)}`;
  return timing.expressions.map(describeCron).join("; ");
}

function describeCron(expression: string): string {
  const times = cronTimes(expression);
  const days = times === null ? null : daysOf(times);
  const clock = times === null ? null : clockOf(times, days === "every day");
  if (days === null || clock === null) return `at ${expression}`;
  const [first, ...rest] = clock;
  // `every 5 minutes` needs no day.
  if (first !== "at") return [clock.join(" "), ...(days === "every day" ? [] : [days])].join(", ");
  return `${days}${days.includes(", and ") ? "," : ""} at ${rest.join(" ")}`;
}

/** The times of the day; the first word is `at` where they are single ones. */
function clockOf({ minutes, hours }: CronTimes, isEachDay: boolean): string[] | null {
  const [minute = 0, anotherMinute] = minutes;
  const isEachHour = hours.length === 24;
  const within = isEachHour ? [] : withinHours(hours, minutes);
  const step = stepOf(minutes, 60);
  if (step !== null && within !== null)
    return [step === 1 ? "every minute" : `every ${step} minutes`, ...within];
  if (isEachHour)
    return minutes.length > MOST_LISTED
      ? null
      : [`every hour at ${listed(minutes.map((one) => `:${two(one)}`))}`];
  if (anotherMinute === undefined) {
    const hourStep = stepOf(hours, 24);
    if (hourStep !== null && isEachDay) return [`every ${hourStep} hours at :${two(minute)}`];
    const every = hours.length > LEAST_RANGE ? distanceOf(hours) : null;
    const from = `from ${two(hours[0] ?? 0)}:${two(minute)} to ${two(hours.at(-1) ?? 0)}:${two(minute)}`;
    if (every === 1) return [`every hour ${from}`];
    if (every !== null && hours.length > MOST_LISTED) return [`every ${every} hours ${from}`];
  }
  const times = hours.flatMap((hour) => minutes.map((one) => `${two(hour)}:${two(one)}`));
  return times.length > MOST_LISTED ? null : ["at", listed(times)];
}

/** `from 09:00 to 17:45`, for hours without a gap; null for others. */
function withinHours(hours: readonly number[], minutes: readonly number[]): string[] | null {
  if (hours.length > 1 && distanceOf(hours) !== 1) return null;
  const [from, to] = [hours[0] ?? 0, hours.at(-1) ?? 0];
  return [`from ${two(from)}:${two(minutes[0] ?? 0)} to ${two(to)}:${two(minutes.at(-1) ?? 0)}`];
}

/** The distance of values that all have the same; else null. */
function distanceOf(values: readonly number[]): number | null {
  const [first = 0, second = 0] = values;
  const step = second - first;
  return values.every((value, index) => value === first + index * step) ? step : null;
}

/** The step of values that begin at 0 and go on into the next hour or day without a break; null for others, one alone too. */
function stepOf(values: readonly number[], length: number): number | null {
  const step = length / values.length;
  const isEven = Number.isInteger(step) && values.every((value, index) => value === index * step);
  return isEven && values.length > 1 ? step : null;
}

function daysOf({ days, weekdays, months, mustBothMatch }: CronTimes): string | null {
  const named = listed(grouped(months, (value) => MONTHS[value - 1] ?? ""));
  const isEachMonth = months.length === 12;
  const inMonths = isEachMonth ? "" : ` in ${named}`;
  const isEachDay = days.length === 31;
  const isEachWeekday = weekdays.length === 7;
  // One of the two is enough, and one of them is each day.
  if ((isEachDay && isEachWeekday) || (!mustBothMatch && (isEachDay || isEachWeekday)))
    return `every day${inMonths}`;
  const numbers = grouped(days, String);
  if (numbers.length > MOST_LISTED) return null;
  const onDays = `on ${days.length === 1 ? "day" : "days"} ${listed(numbers)}`;
  if (isEachWeekday) return `${onDays} of ${isEachMonth ? "every month" : named}`;
  const names = grouped(sundayLast(weekdays), (value) => DAYS[value % 7] ?? "");
  const onWeekdays = `${names.length === 1 && weekdays.length > 1 ? "" : "every "}${listed(names)}`;
  if (isEachDay) return `${onWeekdays}${inMonths}`;
  if (mustBothMatch) return `${onWeekdays} ${onDays}${inMonths}`;
  return `${onDays}, and ${onWeekdays}${isEachMonth ? "" : `,${inMonths}`}`;
}

/** Sunday as 7 where Saturday is there, as in Friday to Sunday. */
function sundayLast(weekdays: readonly number[]): number[] {
  const isWeekend = weekdays.includes(6) && weekdays.includes(0) && weekdays.length < 7;
  return isWeekend ? [...weekdays.filter((day) => day > 0), 7] : [...weekdays];
}

/** Values by their names, those of a longer range as `1 to 7`. */
function grouped(values: readonly number[], nameOf: (value: number) => string): string[] {
  const groups: number[][] = [];
  for (const value of values) {
    const last = groups.at(-1);
    if (last !== undefined && last.at(-1) === value - 1) last.push(value);
    else groups.push([value]);
  }
  return groups.flatMap((group) =>
    group.length < LEAST_RANGE
      ? group.map(nameOf)
      : [`${nameOf(group[0] ?? 0)} to ${nameOf(group.at(-1) ?? 0)}`],
  );
}

function two(value: number): string {
  return String(value).padStart(2, "0");
}

function listed(words: readonly string[]): string {
  return words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} and ${words.at(-1)}`;
}
