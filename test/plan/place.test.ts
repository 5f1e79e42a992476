import { describe, expect, test } from "bun:test";
import { collecting } from "../../src/model/lifecycle.ts";
import type { Resources } from "../../src/model/resources.ts";
import { assign } from "../../src/plan/assign.ts";
import { plainDemand } from "../../src/plan/demand.ts";
import {
  type FreeResources,
  place,
  type ResourceShortage,
  roomBeside,
  shortages,
  unsatisfiable,
  without,
} from "../../src/plan/place.ts";
import { describeShortage } from "../../src/plan/shortage.ts";
import { fc } from "../rig/fast-check.ts";
import { aDevice, aMachine, devices, GIB, surroundings } from "../rig/machine.ts";
import { asRunning, aTask, exited } from "../rig/tasks.ts";

const MACHINE = aMachine({ capacity: { jobs: 4, cpus: 8, memoryBytes: 64 * GIB }, devices: devices(2) });
const EMPTY = roomBeside([], MACHINE);
const short = (wanted: Resources, room: FreeResources = EMPTY): string[] =>
  shortages(plainDemand(wanted), room, MACHINE).map(({ resource }) => resource);

describe("shortages()", () => {
  test.each([
    ["nothing declared", {}, []],
    ["all there is", { cpus: 8, memoryBytes: 64 * GIB, gpus: 2 }, []],
    ["a CPU too many", { cpus: 9 }, ["cpus"]],
    ["a byte too many", { memoryBytes: 64 * GIB + 1 }, ["memoryBytes"]],
    ["a GPU too many", { gpus: 3 }, ["gpus"]],
    ["too much of all", { cpus: 9, memoryBytes: 2 ** 50, gpus: 3 }, ["cpus", "memoryBytes", "gpus"]],
  ] satisfies [string, Resources, string[]][])("of %s", (_what, wanted, resources) => {
    expect(short(wanted)).toEqual(resources);
  });

  test("counts an undeclared CPU, and asks for no GPU where none is declared", () => {
    expect(short({}, { ...EMPTY, cpus: 0, devices: [], memoryBytes: 0 })).toEqual(["cpus"]);
    expect(short({}, { ...EMPTY, jobs: 0 })).toEqual(["jobs"]);
    expect(short({ vramBytes: 1 }, { ...EMPTY, devices: [] })).toEqual(["gpus"]);
    expect(short({ gpus: 0 }, { ...EMPTY, devices: [] })).toEqual([]);
  });

  test("says how much is wanted, free and present, and never a negative amount", () => {
    const room = { ...EMPTY, cpus: -3 };
    expect(shortages(plainDemand({ cpus: 5 }), room, MACHINE)).toEqual([
      { resource: "cpus", wanted: 5, free: 0, total: 8 },
    ]);
  });
});

test("a task that is collecting leaves everything it had to others", () => {
  const running = asRunning(aTask({ spec: { resources: { cpus: 8, memoryBytes: 64 * GIB } } }));
  const found = { ending: exited(0), endedAtMs: 0, isStopped: false, oomKilled: false };
  const room = roomBeside([collecting(running, found)], MACHINE);
  expect([roomBeside([running], MACHINE).cpus, room]).toEqual([0, EMPTY]);
});

describe("impossibilities()", () => {
  const broken = aMachine({ devices: [aDevice(0, { fault: "fell off the bus" }), aDevice(1)] });

  test.each([
    ["nothing declared", {}, MACHINE, []],
    ["what others hold now", { gpus: 2 }, { ...MACHINE, elsewhere: [held("GPU-0")] }, []],
    ["a GPU too many", { gpus: 3 }, MACHINE, ["gpus"]],
    ["too many CPUs", { cpus: 9 }, MACHINE, ["cpus"]],
    ["a device that has failed, which may come back", { gpus: 2 }, broken, []],
    ["a device before the devices were probed", { gpus: 3 }, { ...MACHINE, isProbed: false }, []],
    ["a share larger than each device", { vramBytes: 81 * GIB }, MACHINE, ["gpus"]],
    ["a model that there is not", { gpuModel: "h100" }, MACHINE, ["gpus"]],
    ["a model in other letters", { gpuModel: "a100" }, MACHINE, []],
    ["a place where none is given", {}, aMachine({ capacity: { jobs: 0 } }), ["jobs"]],
  ] satisfies [string, Resources, typeof MACHINE, ResourceShortage["resource"][]][])(
    "of %s",
    (_what, wanted, machine, found) => {
      expect(unsatisfiable(plainDemand(wanted), machine).map(({ resource }) => resource)).toEqual(found);
    },
  );

  function held(device: string) {
    return { device, token: "t", holder: "/another/home", bytes: null };
  }
});

describe("roomBeside()", () => {
  const active = [
    asRunning(aTask({ spec: { resources: { cpus: 3, memoryBytes: GIB } } })),
    asRunning(aTask({ number: 2 })),
  ];

  test("subtracts the share of every active task, and may be negative", () => {
    expect(roomBeside(active, MACHINE)).toMatchObject({ jobs: 2, cpus: 4, memoryBytes: 63 * GIB });
    const small = aMachine({ capacity: { jobs: 1, cpus: 1, memoryBytes: 0 } });
    expect(roomBeside(active, small)).toEqual({ jobs: -1, cpus: -3, memoryBytes: -GIB, devices: [] });
    expect(roomBeside([], MACHINE)).toMatchObject(MACHINE.capacity);
  });
});

describe("allot()", () => {
  const wanting = (number: number, cpus: number, priority = 0) =>
    aTask({ number, spec: { resources: { cpus }, priority } });
  const around = surroundings({ machine: MACHINE });

  test("assigns in queue order and skips what does not fit", () => {
    const ready = [wanting(1, 5), wanting(2, 4), wanting(3, 3), wanting(4, 1, 9)];
    const { placements, room } = assign(around, { ready });
    expect(placements.map(({ task }) => task.metadata.number)).toEqual([4, 1]);
    expect(room).toEqual({ ...EMPTY, jobs: 2, cpus: 2 });
  });

  test("reports the room that is left", () => {
    const anyWanted = fc.array(fc.integer({ min: 1, max: 9 }), { maxLength: 12 });
    fc.assert(
      fc.property(anyWanted, (wanted) => {
        const ready = wanted.map((cpus, index) => wanting(index + 1, cpus));
        const { placements, room } = assign(around, { ready });
        expect(placements.reduce((left, one) => without(left, one, MACHINE), EMPTY)).toEqual(room);
        const taken = new Set(placements.map(({ task }) => task));
        const passed = ready.filter((task) => !taken.has(task));
        expect(passed.filter((task) => "placement" in place(task, room, MACHINE))).toEqual([]);
      }),
    );
  });
});

const gpus = (wanted: Resources, has = MACHINE): ResourceShortage => ({
  resource: "gpus",
  demand: plainDemand(wanted),
  rooms: roomBeside([], has).devices,
});
const mixed = aMachine({ devices: [aDevice(0, { name: "Tesla T4", memoryBytes: 16 * GIB }), aDevice(1)] });

test.each([
  [{ resource: "jobs", wanted: 1, free: 0, total: 0 }, "needs a job slot, and this supervisor has none"],
  [{ resource: "cpus", wanted: 8, free: 1, total: 2 }, "asks for 8 CPUs, this machine has 2"],
  [
    { resource: "memoryBytes", wanted: 2 ** 40, free: 1, total: 2 ** 34 },
    "asks for 1 TiB of memory, this machine has 16 GiB for jobs",
  ],
  [gpus({ gpus: 1 }, aMachine()), "asks for 1 GPU, this machine has none"],
  [gpus({ gpus: 3 }), "asks for 3 GPUs, this machine has 2"],
  [
    gpus({ gpus: 2, gpuModel: "A100" }, mixed),
    "asks for 2 GPUs of the model A100, this machine has 2; gpu 0 is a Tesla T4",
  ],
  [
    gpus({ gpus: 2, vramBytes: 20 * GIB }, mixed),
    "asks for 2 GPUs with 20 GiB free, this machine has 2; gpu 0 has too little memory",
  ],
] satisfies [ResourceShortage, string][])("describeShortage() of %j", (shortage, text) => {
  expect(describeShortage(shortage)).toBe(text);
});
