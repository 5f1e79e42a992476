import { describe, expect, test } from "bun:test";
import { wallTime } from "../../src/lib/zone.ts";
import { due, type Mark, ON_TIME_MS } from "../../src/plan/schedule.ts";
import { timetable } from "../../src/plan/timetable.ts";
import { fc } from "../rig/fast-check.ts";
import { aMark, aSchedule } from "../rig/schedules.ts";

/** With a change of the clock in the north, in the south (by half an hour), and without one. */
const ZONES = ["Europe/Berlin", "Australia/Lord_Howe", "Asia/Kolkata"];
const BEGIN_MS = Date.UTC(2026, 0, 1);
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const YEARS_MS = 5 * 365 * DAY_MS;

/** What happens to a machine: awake for a while, asleep for a while, its clock set. */
const anyEvent = fc.record({
  awakeMs: fc.integer({ min: 1, max: 90 * DAY_MS }),
  asleepMs: fc.oneof({ weight: 2, arbitrary: fc.constant(0) }, fc.integer({ min: 0, max: 4 * DAY_MS })),
  jumpMs: fc.oneof(
    { weight: 3, arbitrary: fc.constant(0) },
    fc.integer({ min: -12 * HOUR_MS, max: 12 * HOUR_MS }),
  ),
});

const anyRule = fc.record({
  expression: fc.constantFrom(
    "30 2 * * *",
    "0 1 * * *",
    "15 2,14 * * 1-5",
    "0 3 1 * *",
    "0 */6 * * *",
    "30 2 29 * *",
  ),
  timeZone: fc.constantFrom(...ZONES),
  catchUp: fc.constantFrom("none", "latest", "all"),
  windowMs: fc.constantFrom(HOUR_MS, DAY_MS, 3 * DAY_MS),
  cap: fc.constantFrom(1, 2, 100),
  jitterMs: fc.constantFrom(0, 5 * 60_000, 2 * HOUR_MS),
});

interface Fired {
  readonly firedForMs: number;
  readonly atMs: number;
  readonly nowMs: number;
  readonly isAwake: boolean;
}

describe("five simulated years of due()", () => {
  test.each(ZONES)("with %s, awake all the time, fire every instant once and on time", (timeZone) => {
    const schedule = aSchedule("30 2 * * *", { timeZone, catchUp: "none" });
    let mark: Mark = aMark(new Date(BEGIN_MS).toISOString());
    const days = new Map<string, number>();
    for (let nowMs = BEGIN_MS; nowMs < BEGIN_MS + YEARS_MS; ) {
      const { firings, nextMs } = due(schedule, mark, nowMs);
      for (const { firedForMs } of firings) {
        const { year, month, day, hour, minute } = wallTime(firedForMs, timeZone);
        const key = `${year}-${month}-${day}`;
        days.set(key, (days.get(key) ?? 0) + 1);
        // A gap of one hour ends at 03:00, one of half an hour at 02:30.
        expect([`2:30`, `3:0`]).toContain(`${hour}:${minute}`);
        mark = { ...mark, lastFired: new Date(firedForMs).toISOString() };
      }
      nowMs = nextMs ?? Number.POSITIVE_INFINITY;
    }
    expect(days.size).toBeGreaterThanOrEqual(5 * 365 - 1);
    expect([...days.values()].every((count) => count === 1)).toBe(true);
  });

  test("through suspends and clock jumps fire no instant twice, none too late, and leave none out", () => {
    fc.assert(
      fc.property(anyRule, fc.array(anyEvent, { minLength: 10, maxLength: 50 }), (rule, events) => {
        const schedule = aSchedule(rule.expression, rule);
        const { fired, missedIn } = simulate(schedule, events);
        const instants = fired.map(({ firedForMs }) => firedForMs);
        expect(new Set(instants).size).toBe(instants.length);
        expect(instants).toEqual(instants.toSorted((left, right) => left - right));
        const patienceMs = rule.catchUp === "none" ? ON_TIME_MS : rule.windowMs;
        for (const { firedForMs, atMs, nowMs } of fired) {
          expect(atMs).toBeLessThanOrEqual(nowMs);
          expect(nowMs - atMs).toBeLessThanOrEqual(patienceMs);
          expect(atMs - firedForMs).toBeLessThan(Math.max(1, rule.jitterMs));
        }
        for (const owed of missedIn) expect(instants).toContain(owed);
      }),
      { numRuns: 8 },
    );
  });
});

type Events = readonly { awakeMs: number; asleepMs: number; jumpMs: number }[];

/**
 * Lives through the events for up to five years. `missedIn` are the instants that a calm machine owes: those that came
 * while it was awake and its clock had never shown later.
 */
function simulate(
  schedule: ReturnType<typeof aSchedule>,
  events: Events,
): { fired: Fired[]; missedIn: number[] } {
  let mark: Mark = aMark(new Date(BEGIN_MS).toISOString());
  const table = timetable(schedule, BEGIN_MS);
  const fired: Fired[] = [];
  const missedIn: number[] = [];
  let [nowMs, highestMs] = [BEGIN_MS, BEGIN_MS];
  const look = (isAwake: boolean): number => {
    const { firings, nextMs } = due(schedule, mark, nowMs);
    for (const { firedForMs, atMs } of firings) {
      fired.push({ firedForMs, atMs, nowMs, isAwake });
      mark = { ...mark, lastFired: new Date(firedForMs).toISOString() };
    }
    return nextMs ?? Number.POSITIVE_INFINITY;
  };
  for (const { awakeMs, asleepMs, jumpMs } of events) {
    if (nowMs > BEGIN_MS + YEARS_MS) break;
    const untilMs = nowMs + awakeMs;
    const fromMs = Math.max(nowMs, highestMs);
    for (let nextMs = look(true); nextMs <= untilMs; nextMs = look(true)) nowMs = nextMs;
    nowMs = untilMs;
    look(true);
    // With its jitter it came while the machine was awake.
    const lastMs = untilMs - schedule.jitterMs;
    for (let at = table(fromMs); at !== null && at <= lastMs; at = table(at)) missedIn.push(at);
    highestMs = Math.max(highestMs, nowMs);
    nowMs = Math.max(BEGIN_MS, nowMs + asleepMs + jumpMs);
    look(false);
    highestMs = Math.max(highestMs, nowMs);
  }
  return { fired, missedIn };
}
