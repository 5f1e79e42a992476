import { err, ok, type Result } from "../lib/result.ts";

/** One of the five fields of a cron expression. */
export interface CronField {
  readonly name: string;
  readonly least: number;
  readonly most: number;
  /** The names of its values, from the least one on. */
  readonly names: readonly string[];
}

const MONTHS = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
const WEEKDAYS = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];

export const CRON_FIELDS: readonly CronField[] = [
  { name: "minute", least: 0, most: 59, names: [] },
  { name: "hour", least: 0, most: 23, names: [] },
  { name: "day", least: 1, most: 31, names: [] },
  { name: "month", least: 1, most: 12, names: MONTHS },
  // 7 is Sunday, as 0 is.
  { name: "day of the week", least: 0, most: 7, names: WEEKDAYS },
];

/** How many values a field has: 7 and 0 are one weekday. */
export function valuesIn({ least, most, names }: CronField): number {
  return names.length > 0 ? names.length : most - least + 1;
}

/** What is wrong with a part of a field, and the part as it should be where that is known. */
export interface FieldSlip {
  readonly part: string;
  /** A clause that follows the part. */
  readonly what: string;
  readonly corrected?: string;
  readonly hint?: string;
}

/** The last day, the working day next to a day; the last or the n-th of a weekday: croner has them, cron has not. */
const BEYOND_CRON = /^(?:L|LW|\d{1,2}W|(?:[0-7]|[A-Z]{3})(?:L|#[1-5L]))$/i;

/** The values of a field, 0 for 7 as a weekday; null where it has a sign that cron does not know. */
export function fieldValues(text: string, field: CronField): Result<readonly number[] | null, FieldSlip> {
  const values = new Set<number>();
  let isBeyond = false;
  for (const part of text.split(",")) {
    if (part === "") return err({ part: text, what: "where a value is missing beside a comma" });
    if (BEYOND_CRON.test(part) && field.name.startsWith("day") && valueOf(part, field) === null) {
      isBeyond = true;
      continue;
    }
    const read = partValues(part, field);
    if (!read.ok) return read;
    for (const value of read.value) values.add(field.most === 7 && value === 7 ? 0 : value);
  }
  return ok(isBeyond ? null : [...values].toSorted((left, right) => left - right));
}

/** The range of a part and its step: `*`, `5`, `1-5`, each with or without `/2`. */
const PART = /^(?:(\*|\?)|([A-Za-z0-9]+)(?:-([A-Za-z0-9]+))?)(?:\/(\d+))?$/;

function partValues(part: string, field: CronField): Result<number[], FieldSlip> {
  const match = PART.exec(part);
  if (match === null) return err(strange(part, field));
  const [, all, from = "", to, stepText] = match;
  const step = Number(stepText ?? 1);
  if (step === 0) return err({ part, what: "which has a step of 0, wanted 1 or more" });
  if (all !== undefined) return ok(stepped(field.least, field.most, step));
  const first = valueOf(from, field);
  const last = to === undefined ? first : valueOf(to, field);
  if (first === null) return err(noValue(part, from, field));
  if (last === null) return err(noValue(part, to ?? "", field));
  if (to === undefined && stepText !== undefined)
    return err({ part, what: "a step without a range", corrected: `${from}-${field.most}/${stepText}` });
  // SAT-SUN goes up, as Sunday is 7 too.
  const end = last === 0 && first > 0 && field.most === 7 && to?.toUpperCase() === "SUN" ? 7 : last;
  return first > end ? err(goesDown({ part, first, last, step }, field)) : ok(stepped(first, end, step));
}

function stepped(first: number, last: number, step: number): number[] {
  return Array.from({ length: Math.floor((last - first) / step) + 1 }, (_, index) => first + index * step);
}

/** A number within the field, or a name; null for any other text. */
function valueOf(text: string, { least, most, names }: CronField): number | null {
  const named = names.indexOf(text.toUpperCase());
  if (named >= 0) return least + named;
  return /^\d{1,2}$/.test(text) && Number(text) >= least && Number(text) <= most ? Number(text) : null;
}

function wanted({ least, most, names }: CronField): string {
  return `wanted ${least} to ${most}${names.length === 0 ? "" : ` or ${names[0]} to ${names.at(-1)}`}`;
}

/** A value that the field does not have: midnight as 24, the whole name of a day. */
function noValue(part: string, text: string, field: CronField): FieldSlip {
  const shortened = part.replaceAll(
    /[A-Za-z]{4,}/g,
    (word) => field.names.find((name) => word.toUpperCase().startsWith(name)) ?? word,
  );
  const right = field.name === "hour" && part === "24" ? "0" : shortened;
  return {
    part,
    what: wanted(field),
    ...(right !== part && { corrected: right }),
    ...(text.toUpperCase() === "H" && {
      hint: "H is of Jenkins: write a number, and jitter: 10m to spread firings",
    }),
  };
}

function strange(part: string, field: CronField): FieldSlip {
  if (/^\/\d+$/.test(part)) return { part, what: "a step without a range", corrected: `*${part}` };
  const random = part.includes("~") ? { hint: "for a random delay write a number, and jitter: 10m" } : {};
  return { part, what: wanted(field), ...random };
}

/** FRI-MON or 22-2 as cron reads it: in two parts. */
function goesDown(
  { part, first, last, step }: { part: string; first: number; last: number; step: number },
  field: CronField,
): FieldSlip {
  const { least, most, names } = field;
  const what = "which goes down, wanted a range that goes up";
  const count = valuesIn(field);
  const steps = stepped(first, last + count, step).map((value) => ((value - least) % count) + least);
  const isNamed = /[A-Za-z]/.test(part);
  if (isNamed) return { part, what, corrected: steps.map((value) => names[value - least]).join(",") };
  if (step > 1) return { part, what, corrected: steps.join(",") };
  // Of the weekdays, 7 ends the first part, and is the 0 of the second.
  const start = most === 7 ? 1 : least;
  const parts = [range(first, most), ...(last >= start ? [range(start, last)] : [])];
  return { part, what, corrected: parts.join(",") };
}

function range(first: number, last: number): string {
  return first === last ? String(first) : `${first}-${last}`;
}
