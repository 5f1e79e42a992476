import { describe, expect, test } from "bun:test";
import { cancelledInQueue, retried } from "../../src/model/lifecycle.ts";
import type { Policy } from "../../src/model/policy.ts";
import type { Metadata, Task } from "../../src/model/task.ts";
import { PermitCounts, permitsOf } from "../../src/plan/permits.ts";
import { plan, type Snapshot } from "../../src/plan/plan.ts";
import { waitsIn } from "../../src/plan/waiting.ts";
import { fc } from "../rig/fast-check.ts";
import { aMachine, aSnapshot } from "../rig/machine.ts";
import {
  after,
  asClaimed,
  asRunning,
  aTask,
  at,
  killedBy,
  LOST,
  NOW_MS,
  type TaskChange,
} from "../rig/tasks.ts";

/** Long after every wait of the tables. */
const LATER_MS = NOW_MS + 60_000;
const inLane = (number: number, spec: TaskChange["spec"] = {}): Task =>
  aTask({ number, spec: { slot: "a", ...spec } });
const sleeping = (number: number, spec: TaskChange["spec"] = {}): Task =>
  after(inLane(number, spec), killedBy("SIGKILL"));

interface Case extends Partial<Snapshot> {
  readonly policy?: Partial<Policy>;
}

function claimed({ policy = {}, ...change }: Case): number[] {
  const machine = aMachine({ capacity: { jobs: 9, cpus: 99 }, policy });
  const { actions } = plan(aSnapshot({ machine, nowMs: LATER_MS, ...change }));
  return actions.flatMap(({ type, task }) => (type === "claim" ? [task.metadata.number] : []));
}

describe("a lane", () => {
  test.each([
    [
      "lets one go at a time, by number and not by priority",
      { queued: [inLane(2, { priority: 9 }), inLane(1)] },
      [1],
    ],
    ["starts no task while one runs", { active: [asRunning(inLane(9))], queued: [inLane(1)] }, []],
    [
      "starts no task while one is being prepared",
      { active: [asClaimed(inLane(9))], queued: [inLane(1)] },
      [],
    ],
    ["is kept by one that sleeps", { nowMs: NOW_MS + 6_000, queued: [sleeping(9), inLane(1)] }, []],
    ["is kept by one that sleeps and is held", { queued: [sleeping(9, { hold: true }), inLane(1)] }, []],
    ["goes on with the one that slept", { queued: [inLane(1), sleeping(9)] }, [9]],
    ["goes on with the one that a crash put back", { queued: [inLane(1), after(inLane(9), LOST)] }, [9]],
    [
      "passes over one that is held and has not begun",
      { queued: [inLane(1, { hold: true }), inLane(2)] },
      [2],
    ],
    ["passes over one that is for later", { queued: [inLane(1, { notBefore: at(9e9) }), inLane(2)] }, [2]],
    [
      "waits for its first one, which has no room",
      { queued: [inLane(1, { resources: { cpus: 100 } }), inLane(2)] },
      [],
    ],
    ["lets one that replaces go first", { queued: [inLane(1), inLane(2, { admission: "replace" })] }, [2]],
    [
      "has no say over others",
      { active: [asRunning(inLane(9))], queued: [aTask({ number: 2 }), inLane(3, { slot: "b" })] },
      [2, 3],
    ],
    [
      "lets as many go as it may",
      { policy: { slots: { a: 2 } }, queued: [inLane(1), inLane(2), inLane(3)] },
      [1, 2],
    ],
    [
      "counts those that run and those that sleep",
      {
        policy: { slots: { a: 3 } },
        nowMs: NOW_MS + 6_000,
        active: [asRunning(inLane(9))],
        queued: [sleeping(8), inLane(1), inLane(2)],
      },
      [1],
    ],
    [
      "resumes no task that waited for a retry, after its limit was lowered",
      { active: [asRunning(inLane(7)), asRunning(inLane(8))], queued: [sleeping(9), inLane(1)] },
      [],
    ],
    [
      "lets those that sleep go one by one, after it was made narrower",
      { queued: [sleeping(9), sleeping(8), inLane(1)] },
      [8],
    ],
    [
      "counts what a person asked for again as any other",
      {
        queued: [
          retried(cancelledInQueue(inLane(3), { reason: "User", endedAt: at(), message: "" })),
          inLane(2),
        ],
      },
      [2],
    ],
  ] satisfies [string, Case, number[]][])("%s", (_what, change, numbers) => {
    expect(claimed(change)).toEqual(numbers);
  });

  test("names its owner, and the next task", () => {
    const queued = [inLane(1), sleeping(8), inLane(2)];
    const machine = aMachine({ capacity: { jobs: 9 } });
    const waitOf = waitsIn(
      aSnapshot({ machine, nowMs: LATER_MS, queued, active: [asRunning(inLane(9))] }),
      true,
    );
    expect(queued.map(waitOf)).toEqual([
      { type: "lane", slot: "a", limit: 1, before: ["000009-train", "000008-train"].map(idOf) },
      { type: "lane", slot: "a", limit: 1, before: ["000009-train"].map(idOf) },
      {
        type: "lane",
        slot: "a",
        limit: 1,
        before: ["000009-train", "000008-train", "000001-train"].map(idOf),
      },
    ]);
    function idOf(id: string): Metadata["id"] {
      const found = [...queued, inLane(9)].find(({ metadata }) => metadata.id === id);
      if (found === undefined) throw new Error(`there is no ${id}`);
      return found.metadata.id;
    }
  });

  test("never holds more than its limit, over starts, failures, crashes and a changing limit", () => {
    const anyStep = fc.record({
      kind: fc.constantFrom("start", "fail", "lose", "submit"),
      pick: fc.nat(20),
      limit: fc.integer({ min: 1, max: 3 }),
    });
    fc.assert(
      fc.property(fc.array(anyStep, { maxLength: 40 }), (steps) => {
        let [queued, active]: [Task[], Task[]] = [[], []];
        for (const [index, { kind, pick, limit }] of steps.entries()) {
          const nowMs = LATER_MS + index * 60_000;
          if (kind === "submit")
            queued.push(inLane(index + 1, { retry: { ...inLane(1).spec.retry, maxAttempts: 0 } }));
          const one = active[pick % Math.max(1, active.length)];
          if ((kind === "fail" || kind === "lose") && one !== undefined) {
            active = active.filter((other) => other !== one);
            queued.push(after(withoutOpen(one), kind === "fail" ? killedBy("SIGKILL") : LOST));
          }
          if (kind !== "start") continue;
          const owners = (): number => active.length + queued.filter((of) => of.status.attempt > 0).length;
          const before = owners();
          const machine = aMachine({ capacity: { jobs: 9, cpus: 99 }, policy: { slots: { a: limit } } });
          const started = new Set(
            plan(aSnapshot({ machine, nowMs, queued, active })).actions.flatMap(({ type, task }) =>
              type === "claim" ? [task] : [],
            ),
          );
          active = [...active, ...[...started].map((of) => asRunning(of))];
          queued = queued.filter((of) => !started.has(of));
          if (started.size > 0) expect(active.length).toBeLessThanOrEqual(limit);
          expect(owners()).toBeLessThanOrEqual(Math.max(before, limit));
        }
      }),
      { numRuns: 200 },
    );
  });
});

/** The task before its open attempt, so that it can be ended in another way. */
function withoutOpen(task: Task): Task {
  const attempts = task.status.attempts.slice(0, -1);
  const { attempt, consecutiveFailures, orphanCount, observedGeneration } = task.status;
  const counters = { attempt: attempt - 1, consecutiveFailures, orphanCount: 0, observedGeneration };
  return {
    ...task,
    status: { ...counters, orphanCount: Math.min(0, orphanCount), state: "queued", attempts },
  };
}

describe("a limit by label or by sweep", () => {
  const SWEEP = { name: "s", id: 1, index: 1, size: 9, values: {}, maxParallel: 2 };
  const labelled = (number: number, labels: Metadata["labels"]): Task =>
    aTask({ number, metadata: { labels } });
  const member = (number: number, id = 1): Task => aTask({ number, metadata: { group: { ...SWEEP, id } } });
  const teams = (count: number): Policy["labels"] => ({ team: count });
  const [red, blue] = [{ team: "red" }, { team: "blue" }];

  test.each([
    [
      "counts each value of a label for itself",
      { policy: { labels: teams(1) }, queued: [labelled(1, red), labelled(2, red), labelled(3, blue)] },
      [1, 3],
    ],
    [
      "counts what runs",
      { policy: { labels: teams(1) }, active: [asRunning(labelled(9, red))], queued: [labelled(1, red)] },
      [],
    ],
    [
      "does not count what sleeps",
      {
        nowMs: NOW_MS + 6_000,
        policy: { labels: teams(1) },
        queued: [after(labelled(9, red), killedBy("SIGKILL")), labelled(1, red)],
      },
      [1],
    ],
    [
      "takes the limit of one value before that of each",
      {
        policy: { labels: { team: 1, "team=red": 2 } },
        queued: [1, 2, 3].map((number) => labelled(number, red)),
      },
      [1, 2],
    ],
    [
      "holds for what is tried again",
      {
        policy: { labels: teams(1) },
        active: [asRunning(labelled(8, red))],
        queued: [after(labelled(9, red), LOST)],
      },
      [],
    ],
    [
      "asks for all permits of a task",
      {
        policy: { labels: { team: 2, "gpu=yes": 1 } },
        queued: [labelled(1, { ...red, gpu: "yes" }), labelled(2, { ...red, gpu: "yes" }), labelled(3, red)],
      },
      [1, 3],
    ],
    ["holds for a sweep", { queued: [member(1), member(2), member(3)] }, [1, 2]],
    [
      "counts each sweep for itself",
      { active: [asRunning(member(8)), asRunning(member(9))], queued: [member(1), member(2, 7)] },
      [2],
    ],
    [
      "says nothing of other labels",
      {
        policy: { labels: teams(1) },
        queued: [labelled(1, { paper: "red" }), labelled(2, { paper: "red" })],
      },
      [1, 2],
    ],
  ] satisfies [string, Case, number[]][])("%s", (_what, change, numbers) => {
    expect(claimed(change)).toEqual(numbers);
  });

  test("is named as the reason of a wait", () => {
    const policy = { ...aMachine().policy, labels: teams(1) };
    const counts = new PermitCounts([labelled(9, red), member(8), member(7)], policy);
    expect(counts.missing(permitsOf(labelled(1, red), policy))).toEqual({ key: "label team=red", limit: 1 });
    expect(counts.missing(permitsOf(labelled(1, blue), policy))).toBeNull();
    expect(counts.missing(permitsOf(member(1), policy))).toEqual({ key: "sweep s (1)", limit: 2 });
  });
});
