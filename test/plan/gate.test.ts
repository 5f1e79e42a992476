import { describe, expect, test } from "bun:test";
import type { Task } from "../../src/model/task.ts";
import { type Gate, gateOf, rescheduledBackoff, shutGates } from "../../src/plan/gate.ts";
import { anyTask } from "../rig/arbitraries.ts";
import { fc } from "../rig/fast-check.ts";
import { surroundings } from "../rig/machine.ts";
import { after, asRunning, aTask, at, exited, killedBy, NOW_MS } from "../rig/tasks.ts";

const DAY = 86_400_000;
const always = { restart: { policy: "always", intervalMs: 60_000 } } as const;
/** Ended at NOW + 5 s, decided to wait 2.5 s. */
const backingOff = after(aTask(), killedBy("SIGKILL"));
/** Ended at NOW + 5 s, to run again 60 s later. */
const resting = after(aTask({ spec: always }), exited(0));
const END_MS = NOW_MS + 5_000;

const gateAt = (task: Task, nowMs: number): Gate => gateOf(task, surroundings({ nowMs }));

describe("gateOf()", () => {
  test.each([
    ["a new task", aTask(), 0, { type: "open" }],
    ["a held task", aTask({ spec: { hold: true } }), 0, { type: "held" }],
    [
      "a held task that is scheduled too",
      aTask({ spec: { hold: true, notBefore: at(DAY) } }),
      0,
      { type: "held" },
    ],
    ["one for later", aTask({ spec: { notBefore: at(9) } }), 0, { type: "scheduled", untilMs: NOW_MS + 9 }],
    ["one for this moment", aTask({ spec: { notBefore: at(9) } }), 9, { type: "open" }],
    ["one that waits for its retry", backingOff, 5_001, { type: "backoff", untilMs: END_MS + 2_500 }],
    ["one whose wait is just over", backingOff, 7_500, { type: "open" }],
    ["one that waits for its next round", resting, 5_001, { type: "interval", untilMs: END_MS + 60_000 }],
    ["one whose next round has come", resting, 65_000, { type: "open" }],
    [
      "a day of the user's before a wait of ours",
      { ...backingOff, spec: { ...backingOff.spec, notBefore: at(DAY) } },
      5_001,
      { type: "scheduled", untilMs: NOW_MS + DAY },
    ],
    ["a task that runs", asRunning(aTask()), 0, { type: "open" }],
  ] as const)("of %s", (_what, task, afterMs, gate) => {
    expect(gateAt(task, NOW_MS + afterMs)).toEqual(gate);
  });

  test.each([
    ["backoff", backingOff, 2_500],
    ["interval", resting, 60_000],
  ] as const)("lets no %s last longer than decided after the clock was set back", (type, task, waitMs) => {
    const nowMs = NOW_MS - DAY;
    expect(gateAt(task, nowMs)).toEqual({ type, untilMs: nowMs + waitMs });
  });

  test("never clamps the user's own time", () => {
    const task = aTask({ spec: { notBefore: at() } });
    expect(gateAt(task, NOW_MS - DAY)).toEqual({ type: "scheduled", untilMs: NOW_MS });
  });
});

describe("rescheduledBackoff()", () => {
  test("is null for every wait that no clock change affects", () => {
    const fine = [aTask(), backingOff, resting, asRunning(aTask()), aTask({ spec: { notBefore: at(DAY) } })];
    expect(fine.map((task) => rescheduledBackoff(task, END_MS))).toEqual(fine.map(() => null));
    expect(rescheduledBackoff(backingOff, END_MS + DAY)).toBeNull();
    // No longer a task that rests: its gate is open.
    const { restart } = aTask().spec;
    expect(rescheduledBackoff({ ...resting, spec: { ...resting.spec, restart } }, NOW_MS)).toBeNull();
  });

  test.each([
    ["a backoff", backingOff, 2_500],
    ["an interval", resting, 60_000],
  ] as const)("restarts %s after the clock was set back, and changes nothing else", (_what, task, waitMs) => {
    const nowMs = NOW_MS - DAY;
    const expected = { ...task, status: { ...task.status, retryAt: at(waitMs - DAY) } };
    expect(rescheduledBackoff(task, nowMs)).toEqual(expected as Task);
    expect(rescheduledBackoff(expected as Task, nowMs)).toBeNull();
  });

  test("together with the gate, opens within the decided delay, however the clock is set", () => {
    fc.assert(
      fc.property(anyTask, fc.integer({ min: -DAY, max: DAY }), (made, shiftMs) => {
        const { notBefore: _free, after: _parents, runnerSelector: _selector, ...spec } = made.spec;
        const task = { ...made, spec: { ...spec, hold: false } };
        fc.pre(task.status.state === "queued");
        const nowMs = NOW_MS + shiftMs;
        const held = rescheduledBackoff(task, nowMs) ?? task;
        const gate = gateAt(held, nowMs);
        if (gate.type === "open") return;
        if (!("untilMs" in gate)) throw new Error("only time is in its way");
        // No later look takes the wait for longer than this one does.
        expect(gateAt(held, gate.untilMs).type).toBe("open");
        expect(gateAt(held, gate.untilMs - 1)).toEqual(gate);
      }),
    );
  });
});

test("shutGates() names all gates that keep a task, the first as gateOf() does", () => {
  const parent = aTask({ number: 9 }).metadata.id;
  const task = aTask({
    spec: { hold: true, after: [{ task: parent, when: "success" }], notBefore: at(DAY) },
  });
  expect(shutGates(task, surroundings()).map(({ type }) => type)).toEqual([
    "held",
    "dependency",
    "scheduled",
  ]);
  fc.assert(
    fc.property(anyTask, (any) => {
      const [first = { type: "open" }] = shutGates(any, surroundings());
      expect(first).toEqual(gateOf(any, surroundings()));
    }),
  );
});
