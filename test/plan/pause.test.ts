import { describe, expect, test } from "bun:test";
import type { Task } from "../../src/model/task.ts";
import { ALWAYS } from "../../src/model/work.ts";
import { isStuck, reasonsNotToWait } from "../../src/plan/drain.ts";
import { isWorkTime } from "../../src/plan/hours.ts";
import { describePause, type Pause, pauseOf } from "../../src/plan/pause.ts";
import { plan } from "../../src/plan/plan.ts";
import { waitsIn } from "../../src/plan/waiting.ts";
import { fc } from "../rig/fast-check.ts";
import { aDevice, aMachine, aSnapshot, type MachineChange, surroundings } from "../rig/machine.ts";
import { anySnapshot } from "../rig/snapshots.ts";
import { aTask, at, NOW_MS } from "../rig/tasks.ts";

const NIGHT = {
  ...ALWAYS,
  timeZone: "UTC",
  hours: [{ days: [0, 1, 2, 3, 4, 5, 6], fromMinute: 1_320, minutes: 300 }],
};
/** `NOW_MS` is 03:04:05; the night is over at 03:00. */
const TONIGHT_MS = NOW_MS - (NOW_MS % 86_400_000) + 1_320 * 60_000;
const PAUSED = { at: at(0), by: "ada" };
const busy = { ...ALWAYS, maxGpuUse: 20 };

const PAUSES: readonly (readonly [what: string, machine: MachineChange, pause: Pause | null])[] = [
  ["nothing is laid down", {}, null],
  ["the hours are over", { work: NIGHT }, { type: "hours", untilMs: TONIGHT_MS, timeZone: "UTC" }],
  [
    "it is on battery",
    { work: { ...ALWAYS, onlyOnMains: true }, conditions: { load: null, onMains: false } },
    { type: "mains" },
  ],
  ["whether it is on battery is not known", { work: { ...ALWAYS, onlyOnMains: true } }, null],
  ["mains power is not required", { conditions: { load: 99, onMains: false } }, null],
  [
    "the load is at the limit",
    { work: { ...ALWAYS, maxLoad: 4 }, conditions: { load: 4, onMains: null } },
    null,
  ],
  [
    "the load is above",
    { work: { ...ALWAYS, maxLoad: 4 }, conditions: { load: 4.1, onMains: null } },
    { type: "load", load: 4.1, most: 4 },
  ],
  [
    "others use a GPU",
    {
      work: busy,
      devices: [aDevice(0, { utilization: 20 }), aDevice(1, { utilization: 21 })],
    },
    { type: "gpuUse", device: "GPU 1 (NVIDIA A100)", use: 21, most: 20 },
  ],
  [
    "it is another home of ours that uses it",
    {
      work: busy,
      devices: [aDevice(0, { utilization: 99 })],
      elsewhere: [{ device: "GPU-0", token: "t", holder: "x", bytes: null }],
    },
    null,
  ],
  ["the end is reached", { deadline: { atMs: NOW_MS, isFitting: false } }, { type: "closed", atMs: NOW_MS }],
  ["the queue is paused", { paused: PAUSED, work: NIGHT }, { type: "paused", by: "ada", atMs: NOW_MS }],
  [
    "others use a GPU that jobs may not use now",
    { work: busy, devices: [aDevice(0, { utilization: 99, isOff: true })] },
    null,
  ],
  ["the end is not reached", { deadline: { atMs: NOW_MS + 1, isFitting: false } }, null],
];

describe("pauseOf()", () => {
  test.each(PAUSES)("%s", (_, machine, pause) => {
    const around = surroundings({ machine: aMachine(machine), queued: [aTask()] });
    expect(pauseOf(around)).toEqual(pause);
    expect(plan(aSnapshot(around)).pause).toEqual(pause);
    expect(plan(aSnapshot(around)).actions).toHaveLength(pause === null ? 1 : 0);
    expect(waitsIn(around, true)(aTask())).toEqual(
      pause === null ? { type: "next", devices: [] } : { type: "pause", pause },
    );
  });

  test("wakes when the hours begin, only for a task that is ready", () => {
    const around = { machine: aMachine({ work: NIGHT }) };
    expect(plan(aSnapshot({ ...around, queued: [aTask()] })).wakeInMs).toBe(TONIGHT_MS - NOW_MS);
    const held = plan(aSnapshot({ ...around, queued: [aTask({ spec: { hold: true } })] }));
    expect([held.wakeInMs, held.pause, held.isWaiting]).toEqual([null, null, false]);
    expect(plan(aSnapshot({ ...around, queued: [aTask()] })).isWaiting).toBeTrue();
  });

  test("a paused queue starts nothing whatever is queued, and time alone changes nothing about that", () => {
    fc.assert(
      fc.property(anySnapshot, (snapshot) => {
        const paused = { ...snapshot, machine: { ...snapshot.machine, paused: PAUSED } };
        const { actions, isWaiting } = plan(paused);
        expect(actions.filter(({ type }) => type === "claim")).toEqual([]);
        expect(isWaiting).toBeFalse();
      }),
    );
  });

  test("names the condition", () => {
    const say = (pause: Pause): string => describePause(pause, NOW_MS);
    expect(say({ type: "hours", untilMs: TONIGHT_MS, timeZone: "UTC" })).toBe(
      "waits for the work hours, from 22:00 UTC",
    );
    expect(say({ type: "paused", by: "ada", atMs: NOW_MS })).toBe("the queue is paused by ada");
    expect(say({ type: "mains" })).toBe("waits for mains power");
    expect(say({ type: "load", load: 4.12, most: 4 })).toBe("waits for a load of at most 4 (it is 4.1)");
  });
});

describe("closing", () => {
  const long = aTask({ number: 1, spec: { timeoutMs: 3_600_000 } });
  const open = aTask({ number: 2 });
  const started = (isFitting: boolean, leftMs: number): number[] =>
    plan(
      aSnapshot({
        machine: aMachine({ deadline: { atMs: NOW_MS + leftMs, isFitting } }),
        queued: [long, open],
      }),
    ).actions.flatMap((action) => (action.type === "claim" ? [action.task.metadata.number] : []));

  test("holds back a task that does not fit before the end only where that is asked", () => {
    expect(started(false, 60_000)).toEqual([1, 2]);
    expect(started(true, 60_000)).toEqual([2]);
    expect(started(true, 3_600_000)).toEqual([1, 2]);
    expect(started(false, 0)).toEqual([]);
  });
});

describe("a drain", () => {
  const reason = (machine: MachineChange, isPatient: boolean): string | null =>
    reasonsNotToWait(surroundings({ machine: aMachine(machine), queued: [aTask()] }), { isPatient }).get(
      aTask().metadata.id,
    ) ?? null;

  test.each([
    ["hours", { work: NIGHT }, "waits for the work hours, from 22:00 UTC", null],
    [
      "mains",
      { work: { ...ALWAYS, onlyOnMains: true }, conditions: { load: null, onMains: false } },
      "waits for mains power",
      null,
    ],
    ["a paused queue", { paused: PAUSED }, "the queue is paused by ada", "the queue is paused by ada"],
    ["load", { work: { ...ALWAYS, maxLoad: 1 }, conditions: { load: 2, onMains: null } }, null, null],
    [
      "its own end",
      { deadline: { atMs: NOW_MS - 1, isFitting: false } },
      expect.stringContaining("no task starts after"),
      expect.stringContaining("no task starts after"),
    ],
  ] as const)("and the %s", (_, machine, impatient, patient) => {
    expect(reason(machine, false)).toEqual(impatient as string | null);
    expect(reason(machine, true)).toEqual(patient as string | null);
  });

  test("calls a task stuck only where a user must act", () => {
    const around = surroundings({ machine: aMachine({ work: NIGHT }) });
    const stuck = (task: Task): boolean => isStuck(task, around);
    const after = [{ task: aTask({ number: 9 }).metadata.id, when: "success" as const }];
    expect(stuck(aTask())).toBeFalse();
    expect(stuck(aTask({ spec: { hold: true } }))).toBeFalse();
    expect(stuck(aTask({ spec: { resources: { cpus: 99 } } }))).toBeTrue();
    expect(stuck(aTask({ spec: { after } }))).toBeTrue();
    expect(
      isStuck(aTask({ spec: { after } }), {
        ...around,
        parents: new Map([[after[0]?.task ?? aTask().metadata.id, "unfinished"]]),
      }),
    ).toBeFalse();
  });
});

test("plan() claims nothing outside of the hours, on battery, or after the end", () => {
  const anyRules = fc.record({
    fromMinute: fc.nat(1_439),
    minutes: fc.integer({ min: 1, max: 1_439 }),
    onMains: fc.constantFrom(true, false, null),
    closesInMs: fc.option(fc.integer({ min: -100, max: 100 })),
    isFitting: fc.boolean(),
  });
  fc.assert(
    fc.property(anySnapshot, anyRules, (snapshot, { onMains, closesInMs, isFitting, ...window }) => {
      const work = {
        ...ALWAYS,
        timeZone: "UTC",
        onlyOnMains: true,
        hours: [{ days: [0, 1, 2, 3, 4, 5, 6], ...window }],
      };
      const closing = closesInMs === null ? null : { atMs: snapshot.nowMs + closesInMs, isFitting };
      const free = plan(snapshot);
      const ruled = plan({
        ...snapshot,
        machine: { ...snapshot.machine, work, deadline: closing, conditions: { load: null, onMains } },
      });
      const others = (actions: typeof free.actions) => actions.filter(({ type }) => type !== "claim");
      // What must stop or end does so at any time.
      expect(others(ruled.actions)).toEqual(others(free.actions));
      const isAllowed = onMains !== false && isWorkTime(work, snapshot.nowMs) && (closesInMs ?? 1) > 0;
      if (!isAllowed) expect(ruled.actions.filter(({ type }) => type === "claim")).toEqual([]);
      else if (!isFitting || closing === null) expect(ruled.actions).toEqual(free.actions);
    }),
  );
});
