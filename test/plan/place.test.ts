import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { Capacity, Resources } from "../../src/model/resources.ts";
import { allot, describeShortage, roomBeside, shortages, without } from "../../src/plan/place.ts";
import { asRunning, aTask } from "../rig/tasks.ts";

const MACHINE: Capacity = { jobs: 4, cpus: 8, memoryBytes: 64 * 2 ** 30, gpus: 2 };
const short = (wanted: Resources, room: Capacity = MACHINE): string[] =>
  shortages(wanted, room, MACHINE).map(({ resource }) => resource);

describe("shortages()", () => {
  test.each([
    ["nothing declared", {}, []],
    ["all there is", { cpus: 8, memoryBytes: 64 * 2 ** 30, gpus: 2 }, []],
    ["a CPU too many", { cpus: 9 }, ["cpus"]],
    ["a byte too many", { memoryBytes: 64 * 2 ** 30 + 1 }, ["memoryBytes"]],
    ["a GPU too many", { gpus: 3 }, ["gpus"]],
    ["too much of all", { cpus: 9, memoryBytes: 2 ** 50, gpus: 3 }, ["cpus", "memoryBytes", "gpus"]],
  ] satisfies [string, Resources, string[]][])("of %s", (_what, wanted, resources) => {
    expect(short(wanted)).toEqual(resources);
  });

  test("counts an undeclared CPU, and asks for no GPU where none is declared", () => {
    expect(short({}, { ...MACHINE, cpus: 0, gpus: 0, memoryBytes: 0 })).toEqual(["cpus"]);
    expect(short({}, { ...MACHINE, jobs: 0 })).toEqual(["jobs"]);
    expect(short({ vramBytes: 1 }, { ...MACHINE, gpus: 0 })).toEqual(["gpus"]);
    expect(short({ gpus: 0 }, { ...MACHINE, gpus: -1 })).toEqual([]);
  });

  test("says how much is wanted, free and there at all; never less than nothing is free", () => {
    const room = { ...MACHINE, cpus: -3 };
    expect(shortages({ cpus: 5 }, room, MACHINE)).toEqual([
      { resource: "cpus", wanted: 5, free: 0, total: 8 },
    ]);
  });
});

describe("roomBeside()", () => {
  const active = [
    asRunning(aTask({ spec: { resources: { cpus: 3, memoryBytes: 2 ** 30, gpus: 1 } } })),
    asRunning(aTask()),
  ];

  test("takes the share of every active task away, and may go below nothing", () => {
    expect(roomBeside(active, MACHINE)).toEqual({ jobs: 2, cpus: 4, memoryBytes: 63 * 2 ** 30, gpus: 1 });
    expect(roomBeside(active, { jobs: 1, cpus: 1, memoryBytes: 0 })).toEqual({
      jobs: -1,
      cpus: -3,
      memoryBytes: -(2 ** 30),
      gpus: -1,
    });
    expect(roomBeside([], MACHINE)).toEqual(MACHINE);
  });
});

describe("allot()", () => {
  const wanting = (number: number, cpus: number, priority = 0) =>
    aTask({ number, spec: { resources: { cpus }, priority } });

  test("asks in the order of the turn and passes over what does not fit", () => {
    const ready = [wanting(1, 5), wanting(2, 4), wanting(3, 3), wanting(4, 1, 9)];
    const { tasks, room } = allot(ready, { active: [], capacity: MACHINE });
    expect(tasks.map(({ metadata }) => metadata.number)).toEqual([4, 1]);
    expect(room).toEqual({ ...MACHINE, jobs: 2, cpus: 2 });
  });

  test("leaves room only for what it did not take", () => {
    const anyWanted = fc.array(fc.integer({ min: 1, max: 9 }), { maxLength: 12 });
    fc.assert(
      fc.property(anyWanted, (wanted) => {
        const ready = wanted.map((cpus, index) => wanting(index + 1, cpus));
        const { tasks, room } = allot(ready, { active: [], capacity: MACHINE });
        expect(tasks.reduce((left, task) => without(left, task.spec.resources), MACHINE)).toEqual(room);
        const passed = ready.filter((task) => !tasks.includes(task));
        expect(passed.filter((task) => shortages(task.spec.resources, room, MACHINE).length === 0)).toEqual(
          [],
        );
      }),
    );
  });
});

test.each([
  [{ resource: "jobs", wanted: 1, free: 0, total: 0 }, "needs a place, no job may run at all"],
  [{ resource: "cpus", wanted: 8, free: 1, total: 2 }, "asks for 8 CPUs, this machine has 2"],
  [
    { resource: "memoryBytes", wanted: 2 ** 40, free: 1, total: 2 ** 34 },
    "asks for 1 TiB of memory, this machine has 16 GiB",
  ],
  [
    { resource: "gpus", wanted: 1, free: 0, total: 0 },
    "asks for 1 GPUs, and this stint does not manage GPUs yet",
  ],
] as const)("describeShortage() of %j", (shortage, text) => {
  expect(describeShortage(shortage)).toBe(text);
});
