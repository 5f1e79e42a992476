import { describe, expect, test } from "bun:test";
import type { Task } from "../../src/model/task.ts";
import { hasReachableWork, reasonsNotToWait } from "../../src/plan/drain.ts";
import { plan } from "../../src/plan/plan.ts";
import { waitsIn } from "../../src/plan/waiting.ts";
import { aDevice, aMachine, aSnapshot, surroundings } from "../rig/machine.ts";
import { aTask, taskIn } from "../rig/tasks.ts";

const SERVICE = { service: { ports: { main: 0 } } };
const FULL = aMachine({ capacity: { jobs: 1, cpus: 1, memoryBytes: 100 } });
const running = (spec: Partial<Task["spec"]> = {}): Task => taskIn("running", { number: 1, spec });
const queued = (number: number, spec: Partial<Task["spec"]> = {}): Task => aTask({ number, spec });

function claimed(active: readonly Task[], waiting: readonly Task[], machine = FULL): number[] {
  const { actions } = plan(aSnapshot({ machine, active, queued: waiting }));
  return actions
    .flatMap((one) => (one.type === "claim" ? [one.task.metadata.number] : []))
    .toSorted((left, right) => left - right);
}

describe("a service", () => {
  test.each<[string, readonly Task[], readonly Task[], number[]]>([
    ["starts where all slots and CPUs are taken", [running()], [queued(2, SERVICE)], [2]],
    ["starts behind jobs that cannot", [running()], [queued(2), queued(3, SERVICE), queued(4)], [3]],
    ["leaves the slot and the CPU to a job", [running(SERVICE)], [queued(2)], [2]],
    [
      "starts beside other services and a job",
      [],
      [queued(2, SERVICE), queued(3), queued(4, SERVICE)],
      [2, 3, 4],
    ],
    [
      "waits for a CPU that it asks for",
      [running()],
      [queued(2, { ...SERVICE, resources: { cpus: 1 } })],
      [],
    ],
    ["takes the CPU that it asks for", [running({ ...SERVICE, resources: { cpus: 1 } })], [queued(2)], []],
    [
      "waits for memory as any job",
      [running({ resources: { memoryBytes: 60 } })],
      [queued(2, { ...SERVICE, resources: { memoryBytes: 60 } })],
      [],
    ],
  ])("%s", (_, active, waiting, numbers) => {
    expect(claimed(active, waiting)).toEqual(numbers);
  });

  test("is limited in number, and explain has the limit", () => {
    const machine = aMachine({ policy: { ...FULL.policy, services: 1 } });
    const waiting = queued(2, SERVICE);
    expect(claimed([running(SERVICE)], [waiting, queued(3)], machine)).toEqual([3]);
    const around = surroundings({ machine, active: [running(SERVICE)], queued: [waiting] });
    expect(waitsIn(around, true)(waiting)).toEqual({
      type: "permit",
      key: "the number of services",
      limit: 1,
    });
  });

  test.each([
    [0, [3]],
    [1, [2, 3]],
  ])("gets no more GPUs than %i, which others may have", (serviceGpus, numbers) => {
    const machine = aMachine({
      devices: [aDevice(0), aDevice(1), aDevice(2)],
      policy: { ...FULL.policy, serviceGpus },
    });
    const gpu = { resources: { gpus: 1 } };
    const waiting = [queued(2, { ...SERVICE, ...gpu }), queued(3, gpu), queued(4, { ...SERVICE, ...gpu })];
    expect(claimed([], waiting, machine)).toEqual(numbers);
  });

  test("is no reason for a drain to go on, nor is what waits for one that runs", () => {
    const service = running(SERVICE);
    const behind = queued(3, { after: [{ task: service.metadata.id, when: "any" }] });
    const around = surroundings({
      machine: FULL,
      active: [service],
      queued: [queued(2, SERVICE), behind],
      parents: new Map([[service.metadata.id, "unfinished" as const]]),
    });
    expect(hasReachableWork(around)).toBe(false);
    expect([...reasonsNotToWait(around).values()]).toEqual([
      "a service",
      `waits for ${service.metadata.id}, a service`,
    ]);
  });
});
