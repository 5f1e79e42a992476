import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { Capacity } from "../../src/model/resources.ts";
import { isActive } from "../../src/model/state.ts";
import type { Task } from "../../src/model/task.ts";
import { plan } from "../../src/plan/plan.ts";
import { type Surroundings, type Wait, whyWaiting } from "../../src/plan/waiting.ts";
import { anyTask } from "../rig/arbitraries.ts";
import { after, asRunning, aTask, at, killedBy, NOW_MS, type TaskChange } from "../rig/tasks.ts";

const MACHINE: Capacity = { jobs: 1, cpus: 4, memoryBytes: 1_000 };
const task = (number: number, spec: TaskChange["spec"] = {}): Task => aTask({ number, spec });
const around = (change: Partial<Surroundings>): Surroundings => ({
  nowMs: NOW_MS,
  queued: [],
  active: [],
  capacity: MACHINE,
  ...change,
});
const noJob = { resource: "jobs", wanted: 1, free: 0, total: 1 } as const;

describe("whyWaiting()", () => {
  const queued = [
    task(1),
    task(2),
    task(3, { hold: true }),
    task(4, { priority: 5, notBefore: at(9) }),
    task(5, { priority: 1 }),
  ];
  const running = [asRunning(task(9))];

  test.each([
    ["it is held", task(3, { hold: true }), {}, { type: "held" }],
    ["it is for later", task(4, { notBefore: at(9) }), {}, { type: "scheduled", untilMs: NOW_MS + 9 }],
    [
      "it waits for its retry",
      after(task(1), killedBy("SIGKILL")),
      {},
      { type: "backoff", untilMs: NOW_MS + 2_500 },
    ],
    ["nobody is there to start it", task(1), { capacity: null }, { type: "unsupervised" }],
    ["it is held, and nobody is there", task(1, { hold: true }), { capacity: null }, { type: "held" }],
    ["it is about to start", task(1), { queued: [task(1)] }, { type: "next" }],
    [
      "another runs",
      task(1),
      { active: running, queued: [task(1)] },
      { type: "room", short: [noJob], ahead: 0 },
    ],
    [
      "two others are asked before it",
      task(2),
      { active: running, queued },
      { type: "room", short: [noJob], ahead: 2 },
    ],
    ["the only place goes to another", task(1), { queued }, { type: "room", short: [noJob], ahead: 1 }],
    [
      "it wants more than there is",
      task(1, { resources: { cpus: 5 } }),
      {},
      { type: "room", short: [{ resource: "cpus", wanted: 5, free: 4, total: 4 }], ahead: 0 },
    ],
    [
      "it passes one that does not fit",
      task(2),
      { queued: [task(1, { resources: { cpus: 5 } }), task(2)] },
      { type: "next" },
    ],
  ] satisfies [string, Task, Partial<Surroundings>, Wait][])("%s", (_what, of, surroundings, wait) => {
    expect(whyWaiting(of, around(surroundings))).toEqual(wait);
  });

  test("agrees with the plan: what is next is claimed, and nothing else", () => {
    const anyTasks = fc.uniqueArray(anyTask, { selector: ({ metadata }) => metadata.number, maxLength: 12 });
    const anyCapacity = fc.record({
      jobs: fc.integer({ min: 0, max: 4 }),
      cpus: fc.integer({ min: 1, max: 8 }),
      memoryBytes: fc.integer({ min: 0, max: 200 }),
      gpus: fc.integer({ min: 0, max: 2 }),
    });
    fc.assert(
      fc.property(
        anyTasks,
        anyCapacity,
        fc.integer({ min: NOW_MS, max: NOW_MS + 2e6 }),
        (tasks, capacity, nowMs) => {
          const waiting = tasks
            .filter(({ status }) => status.state === "queued")
            .map((of) => {
              const { queueTtlMs: _patience, ...spec } = of.spec;
              return { ...of, spec };
            });
          const active = tasks.filter(({ status }) => isActive(status.state));
          const { actions } = plan({
            nowMs,
            awakeMs: 0,
            queued: waiting,
            active,
            capacity,
            isClaiming: true,
          });
          const claimed = actions.flatMap((action) => (action.type === "claim" ? [action.task] : []));
          const next = waiting.filter(
            (of) => whyWaiting(of, { nowMs, queued: waiting, active, capacity }).type === "next",
          );
          expect(new Set(next)).toEqual(new Set(claimed));
        },
      ),
    );
  });
});
