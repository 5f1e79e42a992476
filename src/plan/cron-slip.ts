import { parseDuration } from "../lib/duration.ts";
import { meantDuration } from "../lib/meant-amount.ts";
import { own } from "../lib/own.ts";
import { closest } from "../lib/suggest.ts";
import { NICKNAMES } from "./cron.ts";
import { CRON_FIELDS, fieldValues } from "./cron-field.ts";

/** What is wrong with a cron text: a predicate of it, and what to write. */
export interface CronSlip {
  readonly what: string;
  readonly hint: string;
  /** The period that was meant, for every: or --every. */
  readonly every?: string;
}

export const CRON_FORM = 'five fields, as in "30 1 * * *": minute, hour, day, month, day of the week';

/** What is wrong with the form of a cron text; null for a right one. */
export function cronSlip(text: string): CronSlip | null {
  const typed = text.trim();
  const zone = /^(?:CRON_)?TZ=(\S+)\s+(.+)$/.exec(typed);
  if (zone !== null)
    return { what: "begins with a time zone", hint: `write timeZone: ${zone[1]} and cron: "${zone[2]}"` };
  if (own(NICKNAMES, typed.toLowerCase()) !== undefined) return null;
  const words = typed.split(/\s+/);
  return wordSlip(typed, words) ?? countSlip(words) ?? fieldsSlip(words);
}

/** Texts that are no fields: `@every 5m`, `daily`, `14:30`. */
function wordSlip(typed: string, [first = "", ...rest]: readonly string[]): CronSlip | null {
  const word = first.toLowerCase();
  const period = everyText(rest);
  if (/^@?every$/.test(word) && rest.length > 0) {
    const what = `is "${typed}", wanted five fields`;
    return period === null
      ? { what, hint: "for a period write every: 5m in place of cron:" }
      : { what, hint: `write every: ${period} in place of cron:`, every: period };
  }
  if (word === "@reboot") return { what: "is @reboot, which is not a time", hint: REBOOT };
  if (word === "@every_minute") return { what: 'is "@every_minute"', hint: 'write "* * * * *"' };
  if (own(NICKNAMES, word) !== undefined) return withCommand(first, rest);
  if (word.startsWith("@") || own(NICKNAMES, `@${word}`) !== undefined) {
    const near =
      own(NICKNAMES, `@${word}`) === undefined ? closest(word, Object.keys(NICKNAMES)) : `@${word}`;
    return {
      what: `is "${typed}", wanted @hourly, @daily, @weekly, @monthly or @yearly`,
      hint: near === null ? CRON_FORM : `did you mean "${near}"?`,
    };
  }
  const [, hour, minute] = rest.length === 0 ? (/^(\d{1,2}):(\d{2})$/.exec(typed) ?? []) : [];
  if (hour === undefined) return null;
  return {
    what: `is the time ${typed}`,
    hint: `for each day write "${Number(minute)} ${Number(hour)} * * *"`,
  };
}

const REBOOT = "`stint service install` starts stint at boot, and what is queued runs then";

/** `5m` of `5 minutes`; null for what is no period. */
function everyText(words: readonly string[]): string | null {
  const meant = meantDuration(words.join(" "));
  return meant === null || parseDuration(meant.text) === null ? null : meant.text;
}

function withCommand(times: string, command: readonly string[]): CronSlip {
  const run = JSON.stringify(command.join(" "));
  return { what: "has a command after its times", hint: `write cron: "${times}" and task: { run: ${run} }` };
}

const NAMES = new Set(CRON_FIELDS.flatMap(({ names }) => names));

/** True for a word of the signs of cron and croner, and the names of months and weekdays. */
function isFieldLike(word: string): boolean {
  const signs = word.toUpperCase().replaceAll(/[A-Z]{3}/g, (name) => (NAMES.has(name) ? "" : name));
  return /^[\d*?,/#LW-]*$/.test(signs);
}

function countSlip(words: readonly string[]): CronSlip | null {
  if (words.length === CRON_FIELDS.length) return null;
  const five = words.slice(0, 5);
  const rest = words.slice(5);
  if (rest.length > 0 && five.every(isFieldLike) && !rest.every(isFieldLike))
    return withCommand(five.join(" "), rest);
  const what = `has ${words.length === 1 && words[0] === "" ? "no" : words.length} ${words.length === 1 ? "field" : "fields"}, wanted five`;
  if (words.length !== 6 && words.length !== 7) return { what, hint: CRON_FORM };
  // A field for the year comes last; in one of six with `?`, its place tells which of the two is there.
  const isYear =
    words.length === 6 && (/^\d{4}/.test(words[5] ?? "") || words[2] === "?" || words[4] === "?");
  const kept = (isYear ? five : words.slice(1, 6)).map((word) => (word === "?" ? "*" : word)).join(" ");
  const seconds = /^\*(?:\/(\d+))?$/.exec(words[0] ?? "");
  if (!isYear && seconds !== null && kept === "* * * * *") {
    const every = `${seconds[1] ?? 1}s`;
    return { what, hint: `for a period of seconds write every: ${every} in place of cron:`, every };
  }
  return { what, hint: `without the ${isYear ? "year" : "seconds"}: "${kept}"` };
}

function fieldsSlip(words: readonly string[]): CronSlip | null {
  for (const [index, field] of CRON_FIELDS.entries()) {
    const read = fieldValues(words[index] ?? "", field);
    if (read.ok) continue;
    const { part, what, corrected, hint = CRON_FORM } = read.error;
    const right = words
      .with(
        index,
        (words[index] ?? "").replace(part, () => corrected ?? part),
      )
      .join(" ");
    return {
      what: `has "${part}" as its ${field.name}, ${what}`,
      hint: corrected === undefined ? hint : `write "${right}"`,
    };
  }
  return null;
}
