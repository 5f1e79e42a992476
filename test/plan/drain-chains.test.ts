import { describe, expect, test } from "bun:test";
import type { TaskId } from "../../src/model/identity.ts";
import type { ParentState } from "../../src/model/spec.ts";
import type { Task } from "../../src/model/task.ts";
import { hasReachableWork, reasonsNotToWait } from "../../src/plan/drain.ts";
import type { PlanInput } from "../../src/plan/input.ts";
import { plan } from "../../src/plan/plan.ts";
import { fc } from "../rig/fast-check.ts";
import { aDevice, aMachine, aSnapshot, type MachineChange, surroundings } from "../rig/machine.ts";
import { anySnapshot } from "../rig/snapshots.ts";
import { after, asRunning, aTask, exited, killedBy, NOW_MS, type TaskChange } from "../rig/tasks.ts";

type Spec = TaskChange["spec"];
const task = (number: number, spec: Spec = {}): Task => aTask({ number, spec });
const idOf = (number: number): TaskId => task(number).metadata.id;
const inLane = (number: number, spec: Spec = {}): Task => task(number, { slot: "a", ...spec });
const sleeping = (of: Task): Task => after(of, killedBy("SIGKILL"));
const behind = (...parents: number[]): Spec => ({
  after: parents.map((number) => ({ task: idOf(number), when: "success" as const })),
});
const oneOf = (...parents: number[]): Spec => ({
  after: parents.map((number) => ({ task: idOf(number), when: "oneOf" as const })),
});
const unfinished = (...numbers: number[]): ReadonlyMap<TaskId, ParentState> =>
  new Map(numbers.map((number) => [idOf(number), "unfinished"]));

const failed = (number: number): ReadonlyMap<TaskId, ParentState> => new Map([[idOf(number), "failed"]]);
const laneCalledOff: Spec = { ...behind(9), onParentFailure: "cancel" };
const calledOff: Spec = { ...behind(1), onParentFailure: "cancel" };

interface Case extends Partial<Omit<PlanInput, "machine">> {
  readonly machine?: MachineChange;
}

function reasonsIn({ machine = {}, ...change }: Case): string[] {
  const around = surroundings({ machine: aMachine(machine), ...change });
  const reasons = reasonsNotToWait(around);
  expect(hasReachableWork(around)).toBe(reasons.size < around.queued.length);
  return [...reasons].map(([id, reason]) => `${Number(id.slice(0, 6))} ${reason}`);
}

describe("reasonsNotToWait() of tasks behind others", () => {
  const CASES: [string, Case, string[]][] = [
    ["what runs", { queued: [task(2, behind(1))], active: [asRunning(task(1))], parents: unfinished(1) }, []],
    ["what will run", { queued: [task(2, behind(1)), task(1)], parents: unfinished(1) }, []],
    [
      "what is held, over several steps",
      {
        queued: [task(3, behind(2)), task(2, behind(1)), task(1, { hold: true })],
        parents: unfinished(1, 2),
      },
      ["3 waits for 000002-train", "2 waits for 000001-train", "1 held"],
    ],
    [
      "one that will run and one that is held",
      { queued: [task(1), task(2, { hold: true }), task(3, behind(1, 2))], parents: unfinished(1, 2) },
      ["2 held", "3 waits for 000002-train"],
    ],
    [
      "one of two that will run, where the other is held",
      { queued: [task(1), task(2, { hold: true }), task(3, oneOf(1, 2))], parents: unfinished(1, 2) },
      ["2 held"],
    ],
    [
      "one of two of which none will run",
      {
        queued: [task(1, { hold: true }), task(2, { hold: true }), task(3, oneOf(1, 2))],
        parents: unfinished(1, 2),
      },
      ["1 held", "2 held", "3 waits for 000001-train"],
    ],
    [
      "one of two, of which one runs",
      {
        queued: [task(2, { hold: true }), task(3, oneOf(1, 2))],
        active: [asRunning(task(1))],
        parents: unfinished(1, 2),
      },
      ["2 held"],
    ],
    [
      "each other",
      { queued: [task(1, behind(2)), task(2, behind(1))], parents: unfinished(1, 2) },
      ["1 waits for 000002-train", "2 waits for 000001-train"],
    ],
    [
      "a failed one",
      { queued: [task(2, behind(1))], parents: failed(1) },
      ["2 waits for 000001-train, which failed"],
    ],
    ["a failed one, and is called off for it", { queued: [task(2, calledOff)], parents: failed(1) }, []],
    [
      "a failed one, and was asked for again since",
      { queued: [aTask({ number: 2, spec: calledOff, metadata: { epoch: 2 } })], parents: failed(1) },
      ["2 waits for 000001-train, which failed"],
    ],
    ["what sleeps in the lane", { queued: [sleeping(inLane(1)), inLane(2)] }, []],
    [
      "what sleeps in the lane and is held",
      { queued: [sleeping(inLane(1, { hold: true })), inLane(2), inLane(3)] },
      ["1 held", "2 waits in its lane behind 000001-train", "3 waits in its lane behind 000001-train"],
    ],
    [
      "what sleeps in one of two places of the lane and is held",
      {
        queued: [sleeping(inLane(1, { hold: true })), inLane(2), inLane(3)],
        machine: { policy: { slots: { a: 2 } } },
      },
      ["1 held"],
    ],
    [
      "what is held in the lane and has not begun",
      { queued: [inLane(1, { hold: true }), inLane(2)] },
      ["1 held"],
    ],
    [
      "what can never run at the head of the lane",
      { queued: [inLane(1, { resources: { cpus: 99 } }), inLane(2)] },
      ["1 asks for 99 CPUs, this machine has 8", "2 waits in its lane behind 000001-train"],
    ],
    [
      "what restarts always in the lane",
      {
        queued: [
          after(inLane(9, { restart: { policy: "always", intervalMs: 60_000 } }), exited(0)),
          inLane(2),
        ],
      },
      ["9 restart: always", "2 waits in its lane behind 000009-train"],
    ],
    [
      "one that sleeps in the lane and waits for it",
      { queued: [sleeping(inLane(1, behind(2))), inLane(2)], parents: unfinished(2) },
      ["1 waits for 000002-train", "2 waits in its lane behind 000001-train"],
    ],
    [
      "a lane that is stuck, beside which it is called off for a failed parent",
      { queued: [sleeping(inLane(1, { hold: true })), inLane(2, laneCalledOff)], parents: failed(9) },
      ["1 held"],
    ],
    [
      "a parent that stands behind it in the lane",
      { queued: [inLane(1, behind(2)), inLane(2)], parents: unfinished(2) },
      [],
    ],
    [
      "no GPU that works",
      {
        queued: [task(1, { resources: { gpus: 1 } })],
        machine: { devices: [aDevice(0, { fault: "off the bus" })] },
      },
      ["1 asks for 1 GPU, too few of them work"],
    ],
    [
      "a GPU that others hold",
      {
        queued: [task(1, { resources: { gpus: 1 } })],
        machine: {
          devices: [aDevice(0)],
          elsewhere: [{ device: "GPU-0", token: "t", holder: "/h", bytes: null }],
        },
      },
      [],
    ],
  ];

  test.each(CASES)("%s", (_what, change, found) => {
    expect(reasonsIn(change)).toEqual(found);
  });

  test.each([
    ["in order", (tasks: Task[]) => tasks],
    ["the other way round", (tasks: Task[]) => tasks.toReversed()],
  ])("follows a chain of 10,000, %s", (_order, arranged) => {
    const chain = Array.from({ length: 10_000 }, (_, index) =>
      task(index + 1, index === 0 ? { hold: true } : behind(index)),
    );
    const parents = unfinished(...chain.keys());
    const around = surroundings({ queued: arranged(chain), parents });
    expect(reasonsNotToWait(around).size).toBe(10_000);
    const free = chain.map((one, index) => (index === 0 ? task(1) : one));
    expect(reasonsNotToWait({ ...around, queued: arranged(free) }).size).toBe(0);
  });

  test("names no task that starts, and finally every task that is left", () => {
    fc.assert(
      fc.property(anySnapshot, ({ queued: made, machine }) => {
        const queued = made.map((of) => amongThese(of, made));
        // Strangers and other homes may keep a device for ever.
        const devices = machine.devices.map((one) => ({
          ...one,
          held: [],
          foreign: [],
          freeBytes: one.memoryBytes,
        }));
        const alone = { ...machine, devices, elsewhere: [], settling: new Set<string>(), isProbed: true };
        drain(surroundings({ nowMs: NOW_MS + 3e9, machine: alone, queued }));
      }),
      { numRuns: 200 },
    );
  });
});

/** The task with others of the same queue for parents. */
function amongThese(of: Task, made: readonly Task[]): Task {
  const parents = of.spec.after?.flatMap(({ task: id, when }) => {
    const parent = made[(Number(id.slice(0, 6)) * 5) % made.length];
    return parent === undefined || parent === of ? [] : [{ task: parent.metadata.id, when }];
  });
  return { ...of, spec: { ...of.spec, ...(parents !== undefined && { after: parents }) } };
}

/** Turn after turn, each task succeeding at once, until nothing happens any more. */
function drain(around: PlanInput): void {
  const parents = new Map<TaskId, ParentState>(
    around.queued.map(({ metadata }) => [metadata.id, "unfinished"]),
  );
  let queued = around.queued;
  for (;;) {
    const now = { ...around, queued, parents };
    const { actions } = plan(aSnapshot(now));
    const reasons = reasonsNotToWait(now);
    expect(hasReachableWork(now)).toBe(reasons.size < queued.length);
    const over = new Map<Task, ParentState>();
    for (const { type, task: of } of actions) {
      if (type === "claim" && !isForEver(of)) expect(reasons.get(of.metadata.id)).toBeUndefined();
      if (type === "expire") over.set(of, "failed");
      else over.set(of, type === "claim" ? "completed" : "cancelled");
    }
    if (over.size === 0) {
      expect(queued.filter(({ metadata }) => !reasons.has(metadata.id))).toEqual([]);
      return;
    }
    queued = queued.flatMap((of) => {
      const state = over.get(of);
      if (state === undefined) return [of];
      if (state === "completed" && isForEver(of)) return [resting(of)];
      parents.set(of.metadata.id, state);
      return [];
    });
  }
}

function isForEver(of: Task): boolean {
  return of.spec.restart.policy === "always";
}

/** The task between two rounds, the next of which does not come: it is held. */
function resting(of: Task): Task {
  const status = { ...of.status, state: "queued", reason: "Interval" } as Task["status"];
  return { ...of, status, spec: { ...of.spec, hold: true } };
}
