import { expect, test } from "bun:test";
import { timetable } from "../../src/plan/timetable.ts";
import { EXPRESSIONS, SEED, seededRandom } from "../rig/seed.ts";
import { referenceFirings } from "./reference-cron.ts";

/** With clocks that change by an hour at night, at midnight (until 2018), by half an hour, in the south, and never. */
const ZONES = [
  "Europe/Berlin",
  "America/New_York",
  "America/Sao_Paulo",
  "Australia/Lord_Howe",
  "Asia/Kolkata",
];
const DAY_MS = 86_400_000;

const random = seededRandom(SEED);
const upTo = (most: number): number => Math.floor(random() * (most + 1));
const oneOf = <T>(...choices: readonly T[]): T => choices[upTo(choices.length - 1)] as T;

interface Field {
  readonly least: number;
  readonly most: number;
  readonly names?: readonly string[];
}

const MINUTE = { least: 0, most: 59 };
const HOUR = { least: 0, most: 23 };
const DAY = { least: 1, most: 31 };
const MONTH = { least: 1, most: 12, names: ["JAN", "feb", "Mar"] };
const WEEKDAY = { least: 0, most: 7, names: ["SUN", "mon", "Tue", "WED"] };

function value({ least, most }: Field): number {
  // Clocks change in the first hours of the day.
  return most === 23 && random() < 0.5 ? upTo(3) : least + upTo(most - least);
}

function rangeIn(field: Field): string {
  const ends = [value(field), value(field)].toSorted((left, right) => left - right);
  return ends.join("-");
}

function partOf(field: Field): string {
  const { names } = field;
  return oneOf(
    () => String(value(field)),
    () => String(value(field)),
    () => rangeIn(field),
    () => `${rangeIn(field)}/${1 + upTo(9)}`,
    () => `*/${1 + upTo(field.most + 5)}`,
    () => `*/${1 + upTo(4)}`,
    () => (names === undefined ? String(value(field)).padStart(2, "0") : oneOf(...names)),
  )();
}

/** A field: all values, or one part, or a list of them. */
function anyField(field: Field, stars: number): string {
  if (random() < stars) return "*";
  const parts = Array.from({ length: oneOf(1, 1, 1, 2, 3) }, () => partOf(field));
  return random() < 0.03 ? ["*", ...parts].join(",") : parts.join(",");
}

const anyExpression = (): string =>
  [
    anyField(MINUTE, 0.1),
    anyField(HOUR, 0.3),
    anyField(DAY, 0.5),
    anyField(MONTH, 0.8),
    anyField(WEEKDAY, 0.5),
  ].join(" ");

/** Any time of some years, half of them near a change of the clocks. */
function anyInstant(timeZone: string): number {
  const at = Temporal.Instant.fromEpochMilliseconds(Date.UTC(2015, 0, 1) + upTo(12 * 365) * DAY_MS);
  const change = random() < 0.5 ? at.toZonedDateTimeISO(timeZone).getTimeZoneTransition("next") : null;
  const ms = change?.epochMilliseconds ?? at.epochMilliseconds;
  // The nearer, the more of them fire at the change.
  return ms - upTo(oneOf(1, 4, 72) * 60) * 60_000 + upTo(59_999);
}

test(`${EXPRESSIONS} random expressions fire in each zone as cron fires them`, () => {
  const wrong: string[] = [];
  let compared = 0;
  for (let run = 0; run < EXPRESSIONS; run += 1) {
    const expression = anyExpression();
    for (const timeZone of ZONES) {
      const afterMs = anyInstant(timeZone);
      const span = { afterMs, throughMs: afterMs + 60 * DAY_MS, most: 8 };
      const expected = referenceFirings(expression, timeZone, span);
      const table = timetable({ timing: { type: "cron", expressions: [expression] }, timeZone }, 0);
      const found: number[] = [];
      for (
        let at = table(afterMs);
        at !== null && at <= span.throughMs && found.length < span.most;
        at = table(at)
      )
        found.push(at);
      compared += expected.length;
      if (found.join() !== expected.join())
        wrong.push(
          `${expression} in ${timeZone} after ${shown([afterMs])}: ${shown(found)}, wanted ${shown(expected)}`,
        );
    }
  }
  expect(wrong.slice(0, 10)).toEqual([]);
  expect(compared).toBeGreaterThan(EXPRESSIONS);
});

function shown(instants: readonly number[]): string {
  return instants.map((ms) => new Date(ms).toISOString().slice(0, 16)).join(" ");
}
