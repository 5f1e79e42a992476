import { describe, expect, test } from "bun:test";
import { localTime } from "../../src/lib/local-time.ts";
import type { Task } from "../../src/model/task.ts";
import { demandOf } from "../../src/plan/demand.ts";
import { hasReachableWork, neverStarting, reasonsNotToWait } from "../../src/plan/drain.ts";
import type { Machine } from "../../src/plan/input.ts";
import { unsatisfiable } from "../../src/plan/place.ts";
import { plan } from "../../src/plan/plan.ts";
import { aDevice, aMachine, aSnapshot, surroundings } from "../rig/machine.ts";
import { after, aTask, at, exited, killedBy, LOST, NOW_MS } from "../rig/tasks.ts";

const MACHINE = aMachine({ capacity: { jobs: 2, cpus: 4, memoryBytes: 1_000 } });
const always = { restart: { policy: "always", intervalMs: 60_000 } } as const;
const later = aTask({ spec: { notBefore: at(3_600_000) } });

/** The reason of the first task not to wait for it, or null. */
function reasonOf(task: Task, { nowMs = NOW_MS, machine = MACHINE } = {}): string | null {
  const around = surroundings({ nowMs, machine, queued: [task] });
  const reason = reasonsNotToWait(around).get(task.metadata.id) ?? null;
  expect(hasReachableWork(around)).toBe(reason === null);
  return reason;
}

test("a task for a GPU that jobs may not use now is one of this machine, and waits", () => {
  const task = aTask({ spec: { resources: { gpus: 2 } } });
  const machine = aMachine({ devices: [aDevice(0), aDevice(1, { isOff: true })] });
  expect(reasonOf(task, { machine })).toBe(
    "asks for 2 GPUs, too few of them may be used now (stint jobs --gpus)",
  );
  expect(unsatisfiable(demandOf(task, machine.devices), machine)).toEqual([]);
  expect(plan(aSnapshot({ machine, queued: [task] })).actions).toEqual([]);
  const one = aTask({ spec: { resources: { gpus: 1 } } });
  expect(plan(aSnapshot({ machine, queued: [one] })).actions).toMatchObject([{ devices: ["GPU-0"] }]);
});

test("neverStarting() names held tasks, those whose parent failed, and all behind them", () => {
  const child = (number: number, parent: number): Task =>
    aTask({ number, spec: { after: [{ task: aTask({ number: parent }).metadata.id, when: "success" }] } });
  const queued = [
    aTask({ number: 1 }),
    child(2, 1),
    aTask({ number: 3, spec: { hold: true } }),
    child(4, 3),
    child(5, 9),
    child(6, 5),
    aTask({ number: 7, spec: { notBefore: at(3_600_000) } }),
  ];
  const parents = new Map(
    [1, 3, 5, 9].map(
      (number) => [aTask({ number }).metadata.id, number === 9 ? "failed" : "unfinished"] as const,
    ),
  );
  const never = neverStarting({ ...aSnapshot({ queued, machine: MACHINE }), parents });
  expect(new Set([...never].map((id) => Number.parseInt(id, 10)))).toEqual(new Set([3, 4, 5, 6]));
});

describe("reasonsNotToWait()", () => {
  test.each([
    ["what is ready", aTask(), null],
    ["what waits for its retry", after(aTask(), killedBy("SIGKILL")), null],
    ["what was lost and is queued again", after(aTask(), LOST), null],
    ["what takes the whole machine", aTask({ spec: { resources: { cpus: 4, memoryBytes: 1_000 } } }), null],
    ["what is held", aTask({ spec: { hold: true } }), "held"],
    ["what is for later", later, `scheduled to start at ${localTime(at(3_600_000), NOW_MS)}`],
    ["what restarts always, before its first run too", aTask({ spec: always }), "restart: always"],
    ["what rests between two rounds", after(aTask({ spec: always }), exited(0)), "restart: always"],
    [
      "what this machine can never run",
      aTask({ spec: { resources: { cpus: 5 } } }),
      "asks for 5 CPUs, this machine has 4",
    ],
    [
      "what wants a GPU where there is none",
      aTask({ spec: { resources: { gpus: 1 } } }),
      "asks for 1 GPU, this machine has none",
    ],
    [
      "what wants another supervisor",
      aTask({ spec: { runnerSelector: [{ key: "pool", operator: "In", values: ["night"] }] } }),
      "needs a supervisor with label pool=night",
    ],
  ])("of %s", (_what, task, reason) => {
    expect(reasonOf(task)).toBe(reason);
  });

  test("is empty once the end of the drain is reached", () => {
    expect(reasonOf(later, { nowMs: NOW_MS + 3_600_000 })).toBeNull();
  });

  test("names every task where no job may run", () => {
    const machine: Machine = { ...MACHINE, capacity: { ...MACHINE.capacity, jobs: 0 } };
    expect(reasonOf(aTask(), { machine })).toBe("needs a job slot, and this supervisor has none");
  });

  test("names no task before the devices were probed", () => {
    const wanting = aTask({ spec: { resources: { gpus: 1 } } });
    expect(reasonOf(wanting, { machine: { ...MACHINE, isProbed: false } })).toBeNull();
  });
});
