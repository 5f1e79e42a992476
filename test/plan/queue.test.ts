import { describe, expect, test } from "bun:test";
import type { Task } from "../../src/model/task.ts";
import { plan } from "../../src/plan/plan.ts";
import { isUnconstrained, queueOf } from "../../src/plan/queue.ts";
import { aMachine, aSnapshot } from "../rig/machine.ts";
import { asClaimed, aTask, at, type TaskChange } from "../rig/tasks.ts";

describe("isFree()", () => {
  const parent = { task: aTask({ number: 9 }).metadata.id, when: "success" } as const;
  const group = { name: "sweep", id: 1, index: 1, size: 9, values: {} };
  test.each<[string, boolean, TaskChange]>([
    ["a task that waits for room", true, {}],
    ["one with a demand", true, { spec: { resources: { gpus: 2 }, priority: 9, timeoutMs: 5 } }],
    [
      "a member of a sweep, few of which may run at a time",
      true,
      { metadata: { group: { ...group, maxParallel: 1 } } },
    ],
    ["a held one", false, { spec: { hold: true } }],
    ["one for later, even when that is over", false, { spec: { notBefore: at(-5) } }],
    ["one that may wait for so long only", false, { spec: { queueTtlMs: 5 } }],
    ["one for certain supervisors", false, { spec: { runnerSelector: [] } }],
    ["one with a parent", false, { spec: { after: [parent] } }],
    ["one in a lane", false, { spec: { slot: "a" } }],
    ["one that is to be the only one", false, { spec: { unique: "a" } }],
    [
      "a member of a sweep that failures call off",
      false,
      { metadata: { group: { ...group, maxFailures: 1 } } },
    ],
  ])("%s: %p", (_, isIt, change) => {
    expect(isUnconstrained(aTask(change))).toBe(isIt);
  });

  test("is false for a task that runs or has run", () => {
    expect(isUnconstrained(asClaimed(aTask()))).toBe(false);
    const { status, ...again } = asClaimed(aTask());
    const queued = { ...aTask().status, attempts: status.attempts };
    expect(isUnconstrained({ ...again, status: queued })).toBe(false);
  });
});

describe("plan() looks at one more unconstrained task than it starts", () => {
  const tasks = (count: number, change: Omit<TaskChange, "number"> = {}): Task[] =>
    Array.from({ length: count }, (_, index) => aTask({ number: index + 1, ...change }));
  const untouchable = new Proxy({} as Task, {
    get: () => {
      throw new Error("looked at");
    },
  });
  const startedOf = (line: Task[], capacity: { jobs: number; cpus: number }): number[] => {
    const { queued: _queued, ...around } = aSnapshot({ machine: aMachine({ capacity }) });
    const lines = queueOf(line).buckets.map((one) => ({ ...one, tasks: [...one.tasks, untouchable] }));
    const { actions, isWaiting } = plan({ ...around, queue: { gated: [], buckets: lines } });
    expect(isWaiting).toBe(true);
    return actions.map(({ task }) => task.metadata.number);
  };

  test("where all job slots are taken", () => {
    expect(startedOf(tasks(3), { jobs: 2, cpus: 8 })).toEqual([1, 2]);
  });

  test("where all CPUs are taken, and no task has waited long", () => {
    expect(startedOf(tasks(3, { spec: { resources: { cpus: 4 } } }), { jobs: 9, cpus: 8 })).toEqual([1, 2]);
  });
});
