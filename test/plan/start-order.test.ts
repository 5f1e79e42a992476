import { expect, test } from "bun:test";
import { makeTaskId } from "../../src/model/identity.ts";
import type { Dependency } from "../../src/model/spec.ts";
import { plan } from "../../src/plan/plan.ts";
import { inStartOrder } from "../../src/plan/start-order.ts";
import { aMachine, aSnapshot, surroundings } from "../rig/machine.ts";
import { aTask, at, NOW_MS, type TaskChange } from "../rig/tasks.ts";

const task = (number: number, spec: TaskChange["spec"] = {}) => aTask({ number, spec });
const parent = (number: number): Dependency[] => [{ task: makeTaskId(number, "p"), when: "success" }];

test("ready tasks come in dispatch order, then those that wait for a time, for other tasks, and for a user", () => {
  const queued = [
    task(1, { hold: true }),
    task(2, { after: parent(90) }),
    task(3, { after: parent(91) }),
    task(4, { notBefore: at(7_200_000) }),
    task(5, { notBefore: at(3_600_000), priority: -5 }),
    task(6, { runnerSelector: [{ key: "pool", operator: "Exists" }] }),
    task(7),
    task(8, { priority: 5 }),
    task(9, { notBefore: at(-1), priority: 5 }),
  ];
  const parents = new Map([
    [makeTaskId(90, "p"), "failed"],
    [makeTaskId(91, "p"), "unfinished"],
  ] as const);
  const around = surroundings({ queued, parents, nowMs: NOW_MS });
  expect(inStartOrder(around).map(({ metadata }) => metadata.number)).toEqual([8, 9, 7, 5, 4, 3, 1, 2, 6]);
});

test("what starts now is at the head of the order", () => {
  const queued = Array.from({ length: 20 }, (_, index) => task(index + 1, { priority: (index * 7) % 5 }));
  const around = aSnapshot({ queued, machine: aMachine({ capacity: { jobs: 6, cpus: 6 } }) });
  const started = plan(around).actions.flatMap((action) => (action.type === "claim" ? [action.task] : []));
  expect(started).toHaveLength(6);
  expect(inStartOrder(around).slice(0, 6)).toEqual(started);
});
