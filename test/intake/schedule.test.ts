import { describe, expect, test } from "bun:test";
import { renderDiagnostic } from "../../src/intake/diagnostic.ts";
import { scheduleFileSchema } from "../../src/intake/file-schema.ts";
import { readSchedule, type ScheduleFile } from "../../src/intake/schedule.ts";
import { withPaused } from "../../src/intake/schedule-edit.ts";
import { cronFault } from "../../src/plan/timetable.ts";
import { isValid } from "../rig/json-schema.ts";
import { valueOf } from "../rig/results.ts";

const context = {
  file: "schedules/nightly.yaml",
  name: "nightly",
  defaultCwd: "/home/ada",
  home: "/home/ada",
  defaultName: "nightly",
  nowMs: Date.parse("2026-05-01T12:00:00Z"),
  cronFault,
};

const read = (text: string): ScheduleFile => valueOf(readSchedule(text, context));

/** `line:column message`, for each fault. */
function faultsIn(text: string, name = "nightly"): string[] {
  const result = readSchedule(text, { ...context, name });
  return result.ok ? [] : result.error.map(({ line, column, message }) => `${line}:${column} ${message}`);
}

describe("readSchedule()", () => {
  test("reads a rule and fills in its defaults", () => {
    const { schedule, work, slot } = read(
      'cron: "30 1 * * *"\ntimeZone: Europe/Berlin\ntask: { run: make }\n',
    );
    expect(schedule).toEqual({
      timing: { type: "cron", expressions: ["30 1 * * *"] },
      timeZone: "Europe/Berlin",
      catchUp: "latest",
      windowMs: 86_400_000,
      cap: 100,
      jitterMs: 0,
      isPaused: false,
    });
    expect(slot).toBe("nightly");
    expect(work.type === "tasks" && work.drafts.map(({ name }) => name)).toEqual(["make"]);
  });

  test("reads every key, in snake case too", () => {
    const { schedule, slot } = read(
      "every: 6h\ntime_zone: UTC\noverlap: replace\ncatch_up: all\nwindow: 2d\ncap: 5\njitter: 5m\nfrom: 2026-05-01\nuntil: 2026-05-02\npaused: true\nslot: nights\nfile: ~/night.yaml\n",
    );
    expect(schedule).toEqual({
      timing: { type: "every", everyMs: 6 * 3_600_000 },
      timeZone: "UTC",
      overlap: "replace",
      catchUp: "all",
      windowMs: 2 * 86_400_000,
      cap: 5,
      jitterMs: 300_000,
      fromMs: Date.parse("2026-05-01T00:00:00Z"),
      untilMs: Date.parse("2026-05-03T00:00:00Z"),
      isPaused: true,
    });
    expect(slot).toBe("nights");
  });

  test("reads dates in the zone of the rule, and times with an offset as they are", () => {
    const dated = (from: string): number | undefined =>
      read(`every: 1h\ntimeZone: America/New_York\nfrom: ${from}\ntask: { run: a }`).schedule.fromMs;
    expect(dated("2026-07-01")).toBe(Date.parse("2026-07-01T04:00:00Z"));
    expect(dated("2026-12-01T18:30")).toBe(Date.parse("2026-12-01T23:30:00Z"));
    expect(dated('"2026-12-01T18:30:00+01:00"')).toBe(Date.parse("2026-12-01T17:30:00Z"));
  });

  test("reads a list of tasks as a batch, and expands its sweeps", () => {
    const { work } = read(
      'cron: "@daily"\ntask:\n  - { name: a, run: make }\n  - name: b\n    run: echo ${{ array.index }}\n    array: 1-3\n',
    );
    const names = work.type === "tasks" ? work.drafts.map(({ name }) => name) : [];
    expect(names).toEqual(["a", "b-1", "b-2", "b-3"]);
  });

  test("reads a list of cron expressions, and names the one that is wrong", () => {
    const listed = read('cron: ["0 9 * * 1-5", " 0 12 * * 6 "]\ntask: { run: a }\n').schedule.timing;
    expect(listed).toEqual({ type: "cron", expressions: ["0 9 * * 1-5", "0 12 * * 6"] });
    expect(isValid({ cron: ["0 9 * * 1-5", "0 12 * * 6"], task: { run: "a" } }, scheduleFileSchema())).toBe(
      true,
    );
    expect(faultsIn('cron: ["0 9 * * 1-5", "0 24 * * 6"]\ntask: { run: a }\n')).toEqual([
      '1:23 "cron[1]" has "24" as its hour, wanted 0 to 23',
    ]);
    expect(faultsIn("cron: []\ntask: { run: a }\n")).toEqual([
      expect.stringMatching(/^1:7 "cron" is an empty list, wanted /),
    ]);
  });

  test("of keys of other tools says what to write", () => {
    const result = readSchedule('cron: "0 9 * * *"\ntz: Europe/Berlin\ntask: { run: a }\n', context);
    expect(result.ok ? "" : result.error.map(renderDiagnostic).join("\n")).toBe(
      [
        'schedules/nightly.yaml:2:1: "tz" is unknown, wanted cron, every, timeZone, task, file, slot, overlap, catchUp, window, cap, jitter, from, until or paused',
        "  2 | tz: Europe/Berlin",
        "    | ^^",
        "    = did you mean timeZone?",
        "  2 + timeZone: Europe/Berlin",
      ].join("\n"),
    );
  });

  test("names all faults at once, each with its place", () => {
    const text = [
      'cron: "61 * * * *"',
      "timeZone: Europe/Nowhere",
      "overlapp: x",
      "run: a",
      "jitter: 5",
      "until: 2026-02-31",
      "task:",
      "  run: a",
      "  gpuss: 1",
    ].join("\n");
    expect(faultsIn(text)).toEqual([
      '1:7 "cron" has "61" as its minute, wanted 0 to 59',
      '2:11 "timeZone" is "Europe/Nowhere", wanted a time zone such as Europe/Berlin or UTC',
      expect.stringContaining('3:1 "overlapp" is unknown'),
      '4:1 "run" is a key of a task',
      expect.stringContaining('5:9 "jitter" is 5 without a unit'),
      expect.stringContaining('6:8 "until" is "2026-02-31"'),
      '9:3 "gpuss" is unknown',
    ]);
  });

  test.each([
    [
      "cron: '* * * * *'\nevery: 1h\ntask: { run: a }",
      '2:1 "every" and "cron" exclude each other, wanted one of them',
    ],
    ["task: { run: a }", "1:1 the schedule has neither cron nor every, wanted one"],
    ["every: 1h", "1:1 the schedule has neither task nor file, wanted one"],
    [
      "every: 1h\ntask: { run: a }\nfile: /b.yaml",
      '3:1 "file" and "task" exclude each other, wanted one of them',
    ],
    ["every: 1h\nfile: b.yaml", '2:7 "file" is "b.yaml", wanted an absolute path'],
    ["every: 10ms\ntask: { run: a }", '1:8 "every" is "10ms", wanted 1s or more'],
    ["every: 1h\ntask: []", '2:7 "task" is an empty list, wanted at least one task'],
    ["every: 1h\ntask: make", '2:7 "task" is "make", wanted a mapping with the fields of a task'],
    ["cron: 0 0 30 2 *\ntask: { run: a }", '1:7 "cron" never comes'],
    ["", "1:1 the file contains no schedule"],
    ["every: 1h\ntask: { run: a }\n---\nevery: 2h", "4:1 a second document, wanted one schedule"],
    [
      "every: 1h\nfrom: 2026-05-02\nuntil: 2026-05-01\ntask: { run: a }",
      '3:8 "until" is "2026-05-01", wanted a time after "from"',
    ],
  ])("refuses %j", (text, expected) => {
    expect(faultsIn(text)).toEqual([expected]);
  });

  test("refuses a file whose name cannot be a lane", () => {
    expect(faultsIn("every: 1h\ntask: { run: a }", "0 bad")).toEqual([
      expect.stringContaining('"0 bad" cannot be that of a schedule'),
    ]);
  });

  test("puts a caret under the fault", () => {
    const result = readSchedule("every: 1h\ntask:\n  run: a\n  timeout: 5\n", context);
    const [shown] = result.ok ? [] : result.error.map(renderDiagnostic);
    expect(shown).toContain("schedules/nightly.yaml:4:12:");
    expect(shown).toContain("4 |   timeout: 5\n    |            ^");
  });
});

describe("the schema of a schedule", () => {
  const task = { run: "a" };
  test.each([
    { every: "6h", task },
    { cron: "30 1 * * *", timeZone: "UTC", task: [task, { command: ["a"] }], paused: true },
    {
      every: "6h",
      file: "~/a.yaml",
      overlap: "drop-if-running",
      from: "2026-05-01",
      until: "2026-05-02T01:00",
    },
    { every: "6h", task, slot: null, cap: 5, window: "2d", jitter: "0s" },
    { every: "6h" },
    { every: "6h", cron: "30 1 * * *", task },
    { every: "0s", task },
    { every: "6h", task: [] },
    { every: "6h", task: { run: "a", cpus: "two" } },
    { every: "6h", task, file: "/a.yaml" },
    { every: "6h", file: "a.yaml" },
    { every: "6h", task, cap: 0 },
    { every: "6h", task, cap: 10_001 },
    { every: "6h", task, overlap: "wait" },
    { every: "6h", task, none: 1 },
    { every: "6h", task, run: "a" },
  ])("says of %j what the reader says", (document) => {
    expect(isValid(document, scheduleFileSchema())).toBe(faultsIn(JSON.stringify(document)).length === 0);
  });
});

describe("withPaused()", () => {
  test.each([
    [
      "adds the key",
      "every: 1h # often\ntask: { run: a }\n",
      "every: 1h # often\ntask: { run: a }\npaused: true\n",
    ],
    [
      "changes it where it stands",
      "paused: false # for now\nevery: 1h\ntask: { run: a }\n",
      "paused: true # for now\nevery: 1h\ntask: { run: a }\n",
    ],
    [
      "ends a text that goes on to the end",
      "every: 1h\ntask:\n  run: |\n    a",
      "every: 1h\ntask:\n  run: |\n    a\npaused: true\n",
    ],
    ["writes into braces", "{every: 1h, task: {run: a}}", "{ every: 1h, task: { run: a }, paused: true }\n"],
  ])("%s", (_what, before, after) => {
    expect(withPaused(before, true)).toBe(after);
    expect(read(withPaused(before, true)).schedule.isPaused).toBe(true);
    expect(read(withPaused(after, false)).schedule.isPaused).toBe(false);
  });
});
