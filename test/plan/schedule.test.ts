import { describe, expect, test } from "bun:test";
import { type Schedule, stateAfter, stateUnder } from "../../src/model/schedule.ts";
import { due, isFromTheFuture, upcoming } from "../../src/plan/schedule.ts";
import { cronFault, timetable } from "../../src/plan/timetable.ts";
import { timed } from "../rig/cpu-time.ts";
import { aMark, aSchedule } from "../rig/schedules.ts";

const BERLIN = "Europe/Berlin";
const iso = (ms: number | null): string | null => (ms === null ? null : new Date(ms).toISOString());

/** The instants that are due at a time, short. */
function dueAt(schedule: Schedule, { since, now }: { since: string; now: string }): (string | null)[] {
  return due(schedule, aMark(since), Date.parse(now)).firings.map(({ firedForMs }) => iso(firedForMs));
}

describe("due()", () => {
  const nightly = (change: Partial<Schedule> = {}): Schedule => aSchedule("30 1 * * *", change);
  const THREE_DAYS = { since: "2026-05-01T12:00:00Z", now: "2026-05-04T08:00:00Z" };

  test.each([
    ["nothing before its time", {}, { since: "2026-05-01T12:00:00Z", now: "2026-05-02T01:29:59Z" }, []],
    [
      "an instant in its very millisecond",
      {},
      { since: "2026-05-01T12:00:00Z", now: "2026-05-02T01:30:00Z" },
      ["2026-05-02T01:30:00.000Z"],
    ],
    ["catchUp none: nothing late", { catchUp: "none" }, THREE_DAYS, []],
    [
      "catchUp none: what is on time",
      { catchUp: "none" },
      { since: "2026-05-01T12:00:00Z", now: "2026-05-04T01:31:00Z" },
      ["2026-05-04T01:30:00.000Z"],
    ],
    ["catchUp latest: the last one", { catchUp: "latest" }, THREE_DAYS, ["2026-05-04T01:30:00.000Z"]],
    ["catchUp latest: not beyond its window", { catchUp: "latest", windowMs: 6 * 3_600_000 }, THREE_DAYS, []],
    [
      "catchUp all: all in the window",
      { catchUp: "all", windowMs: 48 * 3_600_000 },
      THREE_DAYS,
      ["2026-05-03T01:30:00.000Z", "2026-05-04T01:30:00.000Z"],
    ],
    [
      "catchUp all: the newest up to the cap",
      { catchUp: "all", windowMs: 96 * 3_600_000, cap: 2 },
      THREE_DAYS,
      ["2026-05-03T01:30:00.000Z", "2026-05-04T01:30:00.000Z"],
    ],
    ["nothing while it is paused", { isPaused: true }, THREE_DAYS, []],
    [
      "nothing before its first date",
      { catchUp: "all", windowMs: 96 * 3_600_000, fromMs: Date.parse("2026-05-04T01:30:00Z") },
      THREE_DAYS,
      ["2026-05-04T01:30:00.000Z"],
    ],
    [
      "nothing from its end on",
      { catchUp: "all", windowMs: 96 * 3_600_000, untilMs: Date.parse("2026-05-03T01:30:00Z") },
      THREE_DAYS,
      ["2026-05-02T01:30:00.000Z"],
    ],
  ] as const)("%s", (_what, change, when, expected) => {
    expect(dueAt(nightly(change), when)).toEqual([...expected]);
  });

  test("is never true again for an instant that has fired, also after the clock was set back", () => {
    const mark = { ...aMark("2026-05-01T12:00:00Z"), lastFired: "2026-05-02T01:30:00.000Z" };
    for (const now of ["2026-05-02T01:30:00Z", "2026-05-02T00:00:00Z", "2026-05-02T01:30:59Z"])
      expect(due(nightly(), mark, Date.parse(now)).firings).toEqual([]);
    expect(iso(due(nightly(), mark, Date.parse("2026-05-02T00:00:00Z")).nextMs)).toBe(
      "2026-05-03T01:30:00.000Z",
    );
  });

  test("ignores a last firing in the far future, and waits for one some hours ahead", () => {
    const mark = { ...aMark("2026-05-01T12:00:00Z"), lastFired: "2031-01-01T01:30:00.000Z" };
    expect(isFromTheFuture(mark, Date.parse("2026-05-02T00:00:00Z"))).toBe(true);
    expect(isFromTheFuture(mark, Date.parse("2030-12-31T12:00:00Z"))).toBe(false);
  });

  test("counts a period from its first date, or from the creation of the rule", () => {
    const every = aSchedule({ type: "every", everyMs: 6 * 3_600_000 }, { catchUp: "all" });
    const when = { since: "2026-05-01T12:10:00Z", now: "2026-05-02T00:30:00Z" };
    expect(dueAt(every, when)).toEqual(["2026-05-01T18:10:00.000Z", "2026-05-02T00:10:00.000Z"]);
    const dated = { ...every, fromMs: Date.parse("2026-05-01T00:00:00Z") };
    expect(dueAt(dated, when)).toEqual(["2026-05-01T18:00:00.000Z", "2026-05-02T00:00:00.000Z"]);
  });

  test("takes little CPU time for a year of missed minutes", () => {
    const minutely = aSchedule("* * * * *", { catchUp: "all", windowMs: 365 * 86_400_000, cap: 100 });
    const [found, tookMs] = timed(() =>
      dueAt(minutely, { since: "2025-05-01T00:00:00Z", now: "2026-05-01T00:00:00Z" }),
    );
    expect(found).toHaveLength(100);
    expect(found.at(-1)).toBe("2026-05-01T00:00:00.000Z");
    // Counting all of them through takes half a minute.
    expect(tookMs).toBeLessThan(10_000);
  });

  test("a firing that was on time is not too late because the supervisor kept its schedule waiting", () => {
    const schedule = nightly({ catchUp: "none" });
    const nowMs = Date.parse("2026-05-02T01:34:00Z");
    const mark = aMark("2026-05-01T12:00:00Z");
    expect(due(schedule, mark, nowMs).firings).toEqual([]);
    expect(due(schedule, { ...mark, heldMs: 180_000 }, nowMs).firings).toHaveLength(1);
  });
});

describe("clock changes", () => {
  /** All firings of a span, in its zone's night of the change. */
  const through = (expression: string, zone: string, [after, count]: [string, number]): (string | null)[] =>
    upcoming(aSchedule(expression, { timeZone: zone }), aMark(after), {
      nowMs: Date.parse(after),
      count,
    }).map(({ firedForMs }) => iso(firedForMs));

  test.each([
    [
      "02:30 in the gap of spring runs at the first minute after it",
      "30 2 * * *",
      "2026-03-28T12:00:00Z",
      ["03-29T01:00", "03-30T00:30"],
    ],
    ["02:30 runs once in autumn", "30 2 * * *", "2026-10-24T12:00:00Z", ["10-25T00:30", "10-26T01:30"]],
    ["several in the gap run once", "0,30 2 * * *", "2026-03-28T12:00:00Z", ["03-29T01:00", "03-30T00:00"]],
    [
      "a list runs once each in autumn",
      "0,30 2 * * *",
      "2026-10-24T12:00:00Z",
      ["10-25T00:00", "10-25T00:30", "10-26T01:00"],
    ],
    [
      "a step goes on by the clock in spring",
      "*/30 * * * *",
      "2026-03-29T00:10:00Z",
      ["03-29T00:30", "03-29T01:00", "03-29T01:30"],
    ],
    [
      "a step goes on by the clock in autumn",
      "*/30 * * * *",
      "2026-10-25T00:10:00Z",
      ["10-25T00:30", "10-25T01:00", "10-25T01:30", "10-25T02:00"],
    ],
  ] as const)("%s", (_what, expression, after, expected) => {
    expect(through(expression, BERLIN, [after, expected.length])).toEqual(
      expected.map((short) => `2026-${short}:00.000Z`),
    );
  });
});

describe("jitter", () => {
  const jittered = aSchedule("*/10 * * * *", { jitterMs: 5 * 60_000 });

  test("is constant for a firing, and differs between firings", () => {
    const nowMs = Date.parse("2026-05-01T12:00:00Z");
    const look = (): number[] =>
      upcoming(jittered, aMark("2026-05-01T12:00:00Z"), { nowMs, count: 50 }).map(
        ({ atMs, firedForMs }) => atMs - firedForMs,
      );
    const delays = look();
    expect(look()).toEqual(delays);
    expect(new Set(delays).size).toBeGreaterThan(40);
    expect(Math.min(...delays)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...delays)).toBeLessThan(5 * 60_000);
  });

  test("never reaches the next firing", () => {
    const wide = { ...jittered, jitterMs: 3_600_000 };
    const firings = upcoming(wide, aMark("2026-05-01T12:00:00Z"), {
      nowMs: Date.parse("2026-05-01T12:00:00Z"),
      count: 100,
    });
    for (const [index, { atMs }] of firings.entries())
      expect(atMs).toBeLessThan(firings[index + 1]?.firedForMs ?? Number.POSITIVE_INFINITY);
  });

  test("does not suppress another firing that is due", () => {
    const mark = aMark("2026-05-01T11:59:00Z");
    const [first, second] = upcoming(jittered, mark, { nowMs: Date.parse(mark.since), count: 2 });
    const found = due(jittered, mark, second?.firedForMs ?? 0);
    expect(found.firings).toEqual(first === undefined ? [] : [first]);
    expect(found.nextMs).toBe(second?.atMs ?? null);
  });
});

test("stateAfter() never goes back", () => {
  const state = { ...aMark("2026-05-01T00:00:00Z"), rule: "", lastFired: "2026-05-03T00:00:00.000Z" };
  expect(stateAfter(state, { firedFor: "2026-05-02T00:00:00.000Z", tasks: [] })).toEqual(state);
});

test.each([
  ["0 */30 * * *", "0 0 * * *"],
  ["*/90 5 * * *", "0 5 * * *"],
  ["0 0 */40 * *", "0 0 1 * *"],
  ["0 0 1 */13 *", "0 0 1 1 *"],
  ["0 0 * * */9", "0 0 * * 0"],
  ["0 8-10/30,14 * * *", "0 8,14 * * *"],
  ["0 */24 * * *", "0 0 * * *"],
])("%s is %s, as in cron", (long, plain) => {
  const nextOf = (expression: string): number[] => {
    const table = timetable({ timing: { type: "cron", expressions: [expression] }, timeZone: "UTC" }, 0);
    const instants = [Date.UTC(2026, 0, 1, 3, 7)];
    while (instants.length < 20) instants.push(table(instants.at(-1) ?? 0) ?? 0);
    return instants;
  };
  expect(cronFault(long, { timeZone: "UTC", nowMs: 0 })).toBeNull();
  expect(nextOf(long)).toEqual(nextOf(plain));
});

test("cronFault() reports a bad expression, a bad zone, and a date that never comes", () => {
  const whatOf = (expression: string, timeZone = "UTC") =>
    cronFault(expression, { timeZone, nowMs: Date.parse("2026-05-01T00:00:00Z") })?.what;
  expect(whatOf("30 1 * * *")).toBeUndefined();
  expect(whatOf("0 0 30 2 *")).toBe("never comes");
  expect(whatOf("0 0 32W * *")).toBe("is not a cron expression");
  expect(whatOf("30 1 * * *", "Europe/Nowhere")).toContain("Europe/Nowhere");
});

test("the rule of a single expression is the one on record before there were lists", () => {
  const rule = '{"type":"cron","expression":"30 1 * * *","zone":"UTC","fromMs":null,"isPaused":false}';
  const known = { ...aMark("2026-05-01T00:00:00Z"), rule };
  expect(stateUnder(aSchedule("30 1 * * *"), known, { uid: "other", changedMs: 0 })).toBe(known);
});

test("a list of expressions fires at the instants of any of them, at a common one once", () => {
  const expressions = ["0 9 * * 1-5", "0 12 * * 6", "0 9 1 * *"];
  const table = timetable({ timing: { type: "cron", expressions }, timeZone: "UTC" }, 0);
  const instants = [Date.parse("2026-04-30T10:00:00Z")];
  while (instants.length < 6) instants.push(table(instants.at(-1) ?? 0) ?? 0);
  expect(instants.slice(1).map((ms) => new Date(ms).toISOString().slice(5, 16))).toEqual([
    "05-01T09:00",
    "05-02T12:00",
    "05-04T09:00",
    "05-05T09:00",
    "05-06T09:00",
  ]);
});
