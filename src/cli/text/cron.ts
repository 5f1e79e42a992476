import { typedDuration } from "../../lib/duration.ts";
import { own } from "../../lib/own.ts";
import type { Timing } from "../../model/schedule.ts";

const DAYS = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
const NICKNAMES: Readonly<Record<string, string>> = {
  "@hourly": "0 * * * *",
  "@daily": "0 0 * * *",
  "@midnight": "0 0 * * *",
  "@weekly": "0 0 * * 0",
  "@monthly": "0 0 1 * *",
};

/** When a schedule fires, in words where they are simple, else as the expression. */
export function describeTiming(timing: Timing): string {
  if (timing.type === "every") return `every ${typedDuration(timing.everyMs)}`;
  const { expression } = timing;
  const fields = (own(NICKNAMES, expression.toLowerCase()) ?? expression).split(/\s+/);
  const [minuteField = "", hourField = "", day = "", month = "", weekday = ""] = fields;
  const minute = withoutLongStep(minuteField, 60);
  const hour = withoutLongStep(hourField, 24);
  const days = month === "*" ? daysOf(day, weekday) : null;
  if (days === null) return `at ${expression}`;
  const isEvery = days === "every day";
  if (isEvery && hour === "*" && /^\*\/\d+$/.test(minute)) return `every ${minute.slice(2)} minutes`;
  if (isEvery && hour === "*" && minute === "*") return "every minute";
  if (isEvery && hour === "*" && isNumber(minute)) return `every hour at :${minute.padStart(2, "0")}`;
  if (isEvery && /^\*\/\d+$/.test(hour) && isNumber(minute))
    return `every ${hour.slice(2)} hours at :${minute.padStart(2, "0")}`;
  const hours = hour.split(",");
  if (!isNumber(minute) || !hours.every(isNumber)) return `at ${expression}`;
  const times = hours.map((one) => `${one.padStart(2, "0")}:${minute.padStart(2, "0")}`);
  return `${days} at ${listed(times)}`;
}

/** With a step longer than its field, cron fires at the first value alone. */
function withoutLongStep(field: string, length: number): string {
  const step = /^\*\/(\d+)$/.exec(field)?.[1];
  return Number(step) >= length ? "0" : field;
}

function daysOf(day: string, weekday: string): string | null {
  if (day === "*" && (weekday === "*" || weekday === "0-6" || weekday === "1-7")) return "every day";
  if (day !== "*") return weekday === "*" && isNumber(day) ? `on day ${day} of every month` : null;
  const range = /^(\w+)-(\w+)$/.exec(weekday);
  if (range !== null) {
    const [from, to] = [dayName(range[1] ?? ""), dayName(range[2] ?? "")];
    return from === null || to === null ? null : `${from} to ${to}`;
  }
  const names = weekday.split(",").map(dayName);
  const known = names.filter((name) => name !== null);
  return known.length === names.length ? `every ${listed(known)}` : null;
}

function dayName(field: string): string | null {
  if (isNumber(field)) return DAYS[Number(field)] ?? null;
  return (
    DAYS.find((name) => field.length === 3 && name.toLowerCase().startsWith(field.toLowerCase())) ?? null
  );
}

function isNumber(field: string): boolean {
  return /^\d{1,2}$/.test(field);
}

function listed(words: readonly string[]): string {
  return words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} and ${words.at(-1)}`;
}
