import { describe, expect, test } from "bun:test";
import { makeTaskId } from "../../src/model/identity.ts";
import { stopRequested } from "../../src/model/lifecycle.ts";
import type { Task } from "../../src/model/task.ts";
import { gateOf } from "../../src/plan/gate.ts";
import { inDispatchOrder } from "../../src/plan/order.ts";
import { type Action, plan, type Snapshot } from "../../src/plan/plan.ts";
import { fc } from "../rig/fast-check.ts";
import { aMachine, aSnapshot } from "../rig/machine.ts";
import { anySnapshot } from "../rig/snapshots.ts";
import {
  after,
  aStop,
  asClaimed,
  asRunning,
  aTask,
  at,
  killedBy,
  NOW_MS,
  type TaskChange,
} from "../rig/tasks.ts";

const told = (actions: readonly Action[]): string[] =>
  actions.map(({ type, task }) => `${type} ${task.metadata.number}`);
const planned = (change: Partial<Snapshot>): string[] => told(plan(aSnapshot(change)).actions);
const task = (number: number, spec: TaskChange["spec"] = {}): Task => aTask({ number, spec });

describe("plan() wakes for what no event announces", () => {
  const wide = (number: number): Task => task(number, { resources: { cpus: 2 } });
  test.each([
    ["where a task finds no room", [wide(1), wide(2)], true],
    ["not where all start", [task(1)], false],
    [
      "not for one that is held or for later",
      [task(1, { hold: true }), task(2, { notBefore: at(9_000) })],
      false,
    ],
  ])("%s", (_what, queued, isWaiting) => {
    const machine = aMachine({ capacity: { jobs: 4, cpus: 3 } });
    expect(plan(aSnapshot({ queued, machine })).isWaiting).toBe(isWaiting);
  });
});

describe("plan() claims", () => {
  test.each([
    ["up to the number of jobs", { queued: [task(1), task(2), task(3)] }, ["claim 1", "claim 2"]],
    [
      "by priority, then by number",
      { queued: [task(1), task(9, { priority: 1 }), task(8, { priority: 1 })] },
      ["claim 8", "claim 9"],
    ],
    ["beside what runs", { queued: [task(1), task(2)], active: [asRunning(task(7))] }, ["claim 1"]],
    [
      "nothing beside what fills the machine",
      { queued: [task(1)], active: [asClaimed(task(7)), asRunning(task(8))] },
      [],
    ],
    [
      "nothing where more runs than may",
      { queued: [task(1)], active: [asRunning(task(7)), asRunning(task(8)), asRunning(task(9))] },
      [],
    ],
    [
      "what fits, past what does not",
      { queued: [task(1, { resources: { cpus: 9 } }), task(2)] },
      ["claim 2"],
    ],
    [
      "no more than the CPUs that are left",
      { queued: [task(1, { resources: { cpus: 5 } }), task(2, { resources: { cpus: 4 } })] },
      ["claim 1"],
    ],
    ["nothing that is held", { queued: [task(1, { hold: true }), task(2)] }, ["claim 2"]],
    [
      "nothing that is for later",
      { queued: [task(1, { notBefore: at(1) }), task(2, { notBefore: at() })] },
      ["claim 2"],
    ],
    [
      "nothing that waits for its retry",
      { queued: [after(task(1), killedBy("SIGKILL")), task(2)], nowMs: NOW_MS + 6_000 },
      ["claim 2"],
    ],
    ["nothing while it may not", { queued: [task(1)], isClaiming: false }, []],
    [
      "nothing that is not its own to start",
      { queued: [task(1), task(2)], mayClaim: ({ metadata }) => metadata.number === 2 },
      ["claim 2"],
    ],
    [
      "nothing before its parents have ended as it wants",
      { queued: [task(1, { after: [{ task: makeTaskId(9, "p"), when: "success" }] }), task(2)] },
      ["claim 2"],
    ],
    [
      "nothing that wants another supervisor",
      { queued: [task(1, { runnerSelector: [{ key: "pool", operator: "Exists" }] }), task(2)] },
      ["claim 2"],
    ],
  ] satisfies [string, Partial<Snapshot>, string[]][])("%s", (_what, snapshot, actions) => {
    expect(planned(snapshot)).toEqual(actions);
  });
});

describe("plan() times out", () => {
  const timed = (number: number, timeoutMs: number): Task => asRunning(task(number, { timeoutMs }));

  test.each([
    ["what was awake for as long as it may", [timed(1, 500)], 1_500, ["timeOut 1"]],
    ["nothing a moment before", [timed(1, 500)], 1_499.9, []],
    ["nothing that is being stopped already", [stopRequested(timed(1, 500), aStop())], 9_000, []],
    ["nothing that has not started", [asClaimed(task(1, { timeoutMs: 500 }))], 9e9, []],
    ["nothing without a timeout", [asRunning(task(1))], 9e9, []],
    ["each for itself, before anything is claimed", [timed(1, 9_000), timed(2, 10)], 2_000, ["timeOut 2"]],
  ] satisfies [string, Task[], number, string[]][])("%s", (_what, active, awakeMs, actions) => {
    // The wall clock has no say: a day asleep is not a day of work.
    for (const nowMs of [0, NOW_MS, NOW_MS + 86_400_000])
      expect(planned({ active, awakeMs, nowMs })).toEqual(actions);
  });

  test("and wakes at the next timeout", () => {
    expect(
      plan(aSnapshot({ active: [timed(1, 700), timed(2, 500), asRunning(task(3))], awakeMs: 1_100 }))
        .wakeInMs,
    ).toBe(400);
    expect(plan(aSnapshot({ active: [asRunning(task(3))] })).wakeInMs).toBeNull();
  });
});

describe("plan() expires", () => {
  const patient = (number: number, change: TaskChange["spec"] = {}): Task =>
    task(number, { queueTtlMs: 1_000, ...change });

  test.each([
    ["what waited for as long as it may", [patient(1), task(2)], 1_000, ["expire 1", "claim 2"]],
    ["nothing a moment before", [patient(1, { hold: false }), patient(2)], 999, ["claim 1", "claim 2"]],
    ["nothing that is held", [patient(1, { hold: true })], 9_000, []],
    ["nothing that has run before", [after(patient(1), killedBy("SIGKILL"))], 8_000, ["claim 1"]],
    [
      "nothing that a person asked for again",
      [{ ...patient(1), metadata: { ...patient(1).metadata, epoch: 2 } }],
      9_000,
      ["claim 1"],
    ],
    [
      "nothing before the time that the user set for its start",
      [patient(1, { notBefore: at(5_000) })],
      4_999,
      [],
    ],
    ["what waited for too long after that time", [patient(1, { notBefore: at(5_000) })], 6_000, ["expire 1"]],
  ] satisfies [string, Task[], number, string[]][])("%s", (_what, queued, afterMs, actions) => {
    expect(planned({ queued, nowMs: NOW_MS + afterMs })).toEqual(actions);
  });

  test("also while nothing may be claimed", () => {
    expect(planned({ queued: [patient(1)], nowMs: NOW_MS + 1_000, isClaiming: false })).toEqual(["expire 1"]);
  });
});

describe("plan() restarts a backoff", () => {
  const waiting = after(task(1), killedBy("SIGKILL"));

  test("where the clock was set back under it, once", () => {
    const nowMs = NOW_MS - 86_400_000;
    const [action] = plan(aSnapshot({ queued: [waiting, task(2)], nowMs })).actions;
    if (action?.type !== "rescheduleBackoff") throw new Error("the wait goes on");
    expect(action.to.status).toMatchObject({ retryAt: new Date(nowMs + 2_500).toISOString() });
    expect(planned({ queued: [action.to], nowMs })).toEqual([]);
    expect(planned({ queued: [action.to], nowMs: nowMs + 2_500 })).toEqual(["claim 1"]);
  });

  test("in no other case", () => {
    expect(planned({ queued: [waiting], nowMs: NOW_MS + 5_000 })).toEqual([]);
  });
});

describe("plan() wakes when the next gate opens", () => {
  test.each([
    ["a time of the user's", [task(1, { notBefore: at(700) }), task(2, { notBefore: at(900) })], 700],
    ["the end of a wait", [after(task(1), killedBy("SIGKILL"))], 2_500],
    ["the end of patience", [task(1, { queueTtlMs: 300, resources: { cpus: 9 } })], 300],
    [
      "never, where only room is missing",
      [task(1, { resources: { cpus: 9 } }), task(2, { hold: true })],
      null,
    ],
  ] satisfies [string, Task[], number | null][])("%s", (_what, queued, wakeInMs) => {
    expect(plan(aSnapshot({ queued })).wakeInMs).toBe(wakeInMs);
  });
});

describe("plan() of anything", () => {
  const claimedBy = (snapshot: Snapshot): Task[] =>
    plan(snapshot).actions.flatMap(({ type, task: of }) => (type === "claim" ? [of] : []));

  test("is the same for the same tasks in any order", () => {
    fc.assert(
      fc.property(anySnapshot, (snapshot) => {
        const turned = {
          ...snapshot,
          queued: snapshot.queued.toReversed(),
          active: snapshot.active.toReversed(),
          machine: { ...snapshot.machine, devices: snapshot.machine.devices.toReversed() },
        };
        expect(told(plan(turned).actions).toSorted()).toEqual(told(plan(snapshot).actions).toSorted());
        expect(plan(turned).wakeInMs).toBe(plan(snapshot).wakeInMs);
        expect(claimedBy(turned)).toEqual(claimedBy(snapshot));
        expect(plan(snapshot)).toEqual(plan(snapshot));
      }),
    );
  });

  test("claims each task at most once, in the order of their turn, through an open gate, and only where it may", () => {
    fc.assert(
      fc.property(anySnapshot, (snapshot) => {
        const claimed = claimedBy(snapshot);
        const { policy } = snapshot.machine;
        expect(claimed).toEqual([
          ...inDispatchOrder([...new Set(claimed)], { nowMs: snapshot.nowMs, policy }),
        ]);
        expect(claimed.filter((of) => gateOf(of, snapshot).type !== "open" || of.spec.hold)).toEqual([]);
        expect(claimed.every((of) => snapshot.queued.includes(of))).toBeTrue();
        if (!snapshot.isClaiming) expect(claimed).toEqual([]);
      }),
    );
  });

  const RANKS = { timeOut: 0, supersede: 1, dismiss: 2, hold: 3, expire: 4, rescheduleBackoff: 4, claim: 5 };

  test("stops, then cancels, then expires, then claims, and does one thing to each task", () => {
    fc.assert(
      fc.property(anySnapshot, (snapshot) => {
        const { actions, wakeInMs } = plan(snapshot);
        const ranks = actions.map(({ type }) => RANKS[type]);
        expect(ranks.toSorted((left, right) => left - right)).toEqual(ranks);
        // What has run for too long may have to give way too: it is stopped once, whichever comes first.
        const once = actions.filter(({ type }) => type !== "supersede");
        expect(new Set(once.map((action) => action.task)).size).toBe(once.length);
        if (wakeInMs !== null) expect(wakeInMs).toBeGreaterThan(0);
      }),
    );
  });
});
