import { describe, expect, test } from "bun:test";
import { openAttempt, type Task } from "../../src/model/task.ts";
import { applyAdmission } from "../../src/plan/admission.ts";
import { assign } from "../../src/plan/assign.ts";
import { gateOf, rescheduledBackoff } from "../../src/plan/gate.ts";
import { deadlinePauseOf, pauseOf } from "../../src/plan/pause.ts";
import { type Action, plan, type Snapshot } from "../../src/plan/plan.ts";
import { fc } from "../rig/fast-check.ts";
import { aMachine, aSnapshot } from "../rig/machine.ts";
import { anySnapshot } from "../rig/snapshots.ts";
import { asClaimed, aTask, at, NOW_MS } from "../rig/tasks.ts";

/** The same decisions, one after the other over the whole queue. */
function plainPlan(snapshot: Snapshot): Action[] {
  const { active, queued, nowMs } = snapshot;
  const late = active.filter((task) => {
    const open = openAttempt(task);
    if (open?.startedAwakeMs === undefined || open.stop !== undefined) return false;
    return open.startedAwakeMs + (task.spec.timeoutMs ?? Number.POSITIVE_INFINITY) <= snapshot.awakeMs;
  });
  const { dismissed, superseded, held } = applyAdmission(snapshot);
  const left = queued.filter((task) => ![...dismissed, ...held].some((one) => one.task === task));
  const isExpired = ({ metadata, spec, status }: Task): boolean => {
    if (spec.hold || status.attempt > 0 || metadata.epoch > 1) return false;
    const sinceMs = Math.max(
      ...[metadata.createdAt, spec.notBefore ?? ""].map((time) => Date.parse(time) || 0),
    );
    return sinceMs + (spec.queueTtlMs ?? Number.POSITIVE_INFINITY) <= nowMs;
  };
  const overdue = left.flatMap((task): Action[] => {
    if (isExpired(task)) return [{ type: "expire", task }];
    const to = rescheduledBackoff(task, nowMs);
    return to === null ? [] : [{ type: "rescheduleBackoff", task, to }];
  });
  const ready = left.filter((task) => !isExpired(task) && gateOf(task, snapshot).type === "open");
  const isStarting = snapshot.isClaiming && ready.length > 0 && pauseOf(snapshot) === null;
  const claimable = ready.filter(
    (task) => (snapshot.mayClaim?.(task) ?? true) && deadlinePauseOf(task, snapshot) === null,
  );
  const { placements } = assign(snapshot, { ready: isStarting ? claimable : [] });
  return [
    ...late.map((task) => ({ type: "timeOut", task }) as const),
    ...superseded.map((one) => ({ type: "supersede", ...one }) as const),
    ...dismissed.map((one) => ({ type: "dismiss", ...one }) as const),
    ...held.map((one) => ({ type: "hold", ...one }) as const),
    ...overdue,
    ...placements.map((placement) => ({ type: "claim", ...placement }) as const),
  ];
}

const anyClosing = fc.option(
  fc.record({
    atMs: fc.integer({ min: NOW_MS - 1e6, max: NOW_MS + 4e6 }),
    isFitting: fc.boolean(),
  }),
);
const anyClosed = fc.tuple(anySnapshot, anyClosing, fc.nat(3)).map(
  ([snapshot, closing, share]): Snapshot => ({
    ...snapshot,
    machine: { ...snapshot.machine, deadline: closing },
    ...(share === 0 && { mayClaim: ({ metadata }: Task) => metadata.number % 2 === 0 }),
  }),
);

const later = (snapshot: Snapshot, ms: number): Snapshot => ({
  ...snapshot,
  nowMs: snapshot.nowMs + ms,
  awakeMs: snapshot.awakeMs + ms,
});

describe("plan()", () => {
  test("decides in one pass as a step-by-step reference does", () => {
    fc.assert(
      fc.property(anyClosed, (snapshot) => {
        expect(plan(snapshot).actions).toEqual(plainPlan(snapshot));
      }),
      { numRuns: 1_000 },
    );
  });

  test("that finds nothing to do finds nothing until its wake time", () => {
    fc.assert(
      fc.property(
        anyClosed,
        fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }),
        (first, share) => {
          let snapshot = first;
          let { actions, wakeInMs } = plan(snapshot);
          // Over a few moments that time alone brings.
          for (let round = 0; round < 5 && actions.length === 0; round += 1) {
            const spanMs = wakeInMs ?? 1e9;
            expect(spanMs).toBeGreaterThan(0);
            // Turns that come to an end sooner are let be for a while.
            if (spanMs === 2_000) return;
            expect(plan(later(snapshot, Math.floor(spanMs * share))).actions).toEqual([]);
            expect(plan(later(snapshot, Math.ceil(spanMs) - 1)).actions).toEqual([]);
            snapshot = later(snapshot, spanMs);
            ({ actions, wakeInMs } = plan(snapshot));
          }
        },
      ),
      { numRuns: 2_000 },
    );
  });
});

describe("plan() wakes", () => {
  const HOUR_MS = 3_600_000;
  const wide = { cpus: 8 };
  const machine = aMachine({ policy: { backfillMs: HOUR_MS / 2, ageingMs: HOUR_MS } });
  const wake = (change: Partial<Snapshot>): number | null => plan(aSnapshot({ machine, ...change })).wakeInMs;

  test("when ageing may reserve room for another task", () => {
    const active = [asClaimed(aTask({ number: 9 }))];
    const kept = aTask({ spec: { resources: wide } });
    expect(wake({ active, queued: [kept], nowMs: NOW_MS + HOUR_MS / 2 - 5_000 })).toBeNull();
    expect(wake({ active, queued: [kept], nowMs: NOW_MS + HOUR_MS - 5_000 })).toBe(5_000);
    expect(wake({ active, queued: [kept], nowMs: NOW_MS + HOUR_MS - 5 })).toBe(2_000);
    const next = aTask({ number: 2, spec: { resources: wide }, metadata: { createdAt: at(HOUR_MS / 2) } });
    expect(wake({ active, queued: [kept, next], nowMs: NOW_MS + HOUR_MS - 5_000 })).toBe(5_000);
    expect(wake({ active, queued: [kept, next], nowMs: NOW_MS + HOUR_MS })).toBe(HOUR_MS / 2);
  });

  test("when a task that waits for something else reaches its lane", () => {
    const after = [{ task: aTask({ number: 8 }).metadata.id, when: "success" }] as const;
    const parents = new Map([[after[0].task, "unfinished"]] as const);
    const queued = [aTask({ spec: { slot: "a", after: [...after], notBefore: at(7_000) } })];
    expect(wake({ queued, parents })).toBe(7_000);
    expect(wake({ queued, parents, nowMs: NOW_MS + 7_000 })).toBeNull();
  });

  test("when work hours end, for the task that would run the longest", () => {
    const closing = { atMs: NOW_MS + HOUR_MS, isFitting: true };
    const busy = [asClaimed(aTask({ number: 8 })), asClaimed(aTask({ number: 9 }))];
    const queued = [60_000, 90_000].map((timeoutMs, index) =>
      aTask({ number: index + 1, spec: { timeoutMs } }),
    );
    const closed = { queued, active: busy, machine: { ...machine, deadline: closing } };
    expect(wake(closed)).toBe(HOUR_MS - 90_000 + 1);
    expect(wake({ ...closed, nowMs: NOW_MS + HOUR_MS - 89_000 })).toBe(29_001);
    expect(wake({ ...closed, machine: { ...machine, deadline: { ...closing, isFitting: false } } })).toBe(
      HOUR_MS + 1,
    );
  });
});
