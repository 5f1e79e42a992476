import { describe, expect, test } from "bun:test";
import type { Device } from "../../src/model/device.ts";
import { makeTaskId } from "../../src/model/identity.ts";
import type { Resources } from "../../src/model/resources.ts";
import { plainDemand } from "../../src/plan/demand.ts";
import { chooseDevices, deviceRooms, reserveDevices } from "../../src/plan/devices.ts";
import type { Holding } from "../../src/plan/input.ts";
import { aDevice, aMachine, devices, GIB } from "../rig/machine.ts";

/** Job `t` holds 20 of the 80 GiB of each device in the tables, where nothing else is said. */
const share = (gib: number | null, change: Partial<Holding> = {}): Holding => ({
  device: "GPU-0",
  token: "t",
  holder: "000007-other",
  bytes: gib === null ? null : gib * GIB,
  ...change,
});
const held = (gib: number | null, token = "t") => ({ token, bytes: gib === null ? null : gib * GIB });
const foreign = (gib: number | null) => ({ pid: 4_711, bytes: gib === null ? null : gib * GIB });

describe("deviceRooms() of a device with 80 GiB", () => {
  interface Case {
    readonly holdings?: readonly Holding[];
    readonly held?: Device["held"];
    readonly foreign?: Device["foreign"];
    readonly freeGib?: number | null;
    readonly totalGib?: number | null;
  }
  const CASES: [string, Case, { free: number | null; foreign: number; low: boolean }][] = [
    ["without processes", {}, { free: 80, foreign: 0, low: true }],
    ["with a share that takes nothing yet", { holdings: [share(20)] }, { free: 60, foreign: 0, low: true }],
    [
      "with a share that takes less than promised",
      { holdings: [share(20)], held: [held(5)], freeGib: 75 },
      { free: 60, foreign: 0, low: true },
    ],
    [
      "with a share that takes more than promised",
      { holdings: [share(20)], held: [held(30)], freeGib: 50 },
      { free: 50, foreign: 0, low: true },
    ],
    ["with a stranger", { foreign: [foreign(5)], freeGib: 75 }, { free: 75, foreign: 5, low: false }],
    ["with a desktop", { foreign: [foreign(1)], freeGib: 79 }, { free: 79, foreign: 1, low: true }],
    [
      "with a stranger beside a share that takes nothing yet",
      { holdings: [share(20)], foreign: [foreign(5)], freeGib: 75 },
      { free: 55, foreign: 5, low: false },
    ],
    [
      "with what a job that was given up still holds",
      { held: [held(9, "gone")], freeGib: 71 },
      { free: 71, foreign: 9, low: false },
    ],
    [
      "where something else takes memory that no process accounts for",
      { freeGib: 60 },
      { free: 60, foreign: 0, low: true },
    ],
    ["that a job has whole", { holdings: [share(null)] }, { free: 0, foreign: 0, low: true }],
    [
      "that another home has whole",
      { holdings: [share(null, { token: "elsewhere" })] },
      { free: 0, foreign: 0, low: true },
    ],
    // From here on the driver does not tell which process has how much.
    [
      "untold, with a share that takes less than promised",
      { holdings: [share(20)], held: [held(null)], freeGib: 70 },
      { free: 60, foreign: 0, low: true },
    ],
    [
      "untold, with a share that takes more than promised",
      { holdings: [share(20)], held: [held(null)], freeGib: 50 },
      { free: 50, foreign: 0, low: true },
    ],
    [
      "untold, with a job that has it whole",
      { holdings: [share(null)], held: [held(null)], freeGib: 10 },
      { free: 0, foreign: 0, low: true },
    ],
    [
      "untold, with a stranger alone",
      { foreign: [foreign(null)], freeGib: 50 },
      { free: 50, foreign: 30, low: false },
    ],
    [
      "untold, with a stranger beside a share",
      { holdings: [share(20)], held: [held(null)], foreign: [foreign(null)], freeGib: 50 },
      { free: 30, foreign: 10, low: false },
    ],
    [
      "untold, with a stranger beside a share that has not begun to take",
      { holdings: [share(24)], foreign: [foreign(null)], freeGib: 28 },
      { free: 4, foreign: 52, low: false },
    ],
    [
      "untold, with a stranger beside a share that takes little yet",
      { holdings: [share(24)], held: [held(null)], foreign: [foreign(null)], freeGib: 27 },
      { free: 3, foreign: 29, low: false },
    ],
    [
      "untold, with a share that is there and one that is not yet",
      { holdings: [share(30), share(20, { token: "u" })], held: [held(null)], freeGib: 50 },
      { free: 30, foreign: 0, low: true },
    ],
    [
      "untold in part, with a share of which more is known than was promised",
      { holdings: [share(10), share(10, { token: "u" })], held: [held(20), held(null, "u")], freeGib: 50 },
      { free: 50, foreign: 0, low: true },
    ],
    [
      "that tells nothing of its memory",
      { totalGib: null, freeGib: null },
      { free: null, foreign: 0, low: true },
    ],
    [
      "that does not tell what is free",
      { holdings: [share(20)], freeGib: null },
      { free: 60, foreign: 0, low: true },
    ],
  ];

  test.each(CASES)(
    "%s",
    (_what, { holdings = [], freeGib = 80, totalGib = 80, ...found }, { free, foreign: strange, low }) => {
      const bytes = (gib: number | null): number | null => (gib === null ? null : gib * GIB);
      const device = aDevice(0, { memoryBytes: bytes(totalGib), freeBytes: bytes(freeGib), ...found });
      const [room] = deviceRooms(aMachine({ devices: [device], elsewhere: holdings }), []);
      expect(room).toMatchObject({
        freeBytes: bytes(free),
        foreignBytes: strange * GIB,
        isForeignLow: low,
      });
    },
  );
});

describe("chooseDevices()", () => {
  const machine = aMachine({
    devices: [aDevice(0), aDevice(1), aDevice(2, { memoryBytes: 16 * GIB }), aDevice(3)],
    elsewhere: [share(20, { device: "GPU-3" })],
  });
  const chosen = (wanted: Resources): string[] | undefined =>
    chooseDevices(plainDemand(wanted), deviceRooms(machine, []))?.map(({ device }) => device.id);

  test.each([
    ["a share where others share already", { vramBytes: 8 * GIB }, ["GPU-3"]],
    ["a share that is too large for that", { vramBytes: 70 * GIB }, ["GPU-0"]],
    ["the smallest whole device that will do", { gpus: 1 }, ["GPU-2"]],
    ["the smallest one with enough memory", { gpuMemoryBytes: 20 * GIB }, ["GPU-0"]],
    ["several, all of them whole", { gpus: 3 }, ["GPU-2", "GPU-0", "GPU-1"]],
    ["a share of each of several", { gpus: 2, vramBytes: 8 * GIB }, ["GPU-3", "GPU-2"]],
    ["more whole ones than are free", { gpus: 4 }, undefined],
  ] satisfies [string, Resources, string[] | undefined][])("finds %s", (_what, wanted, ids) => {
    expect(chosen(wanted)).toEqual(ids);
  });
});

describe("keepDevices() keeps", () => {
  const since = (index: number, sinceMs: number | undefined, gib: number | null = 20): Holding =>
    share(gib, { device: `GPU-${index}`, ...(sinceMs !== undefined && { sinceMs }) });
  const kept = (
    wanted: Resources,
    found: readonly Device[],
    elsewhere: readonly Holding[],
  ): string[] | null =>
    reserveDevices(
      deviceRooms(aMachine({ devices: found, elsewhere }), []),
      plainDemand(wanted),
      makeTaskId(1, "a"),
    )
      ?.filter(({ keptFor }) => keptFor !== null)
      .map(({ device }) => device.id) ?? null;

  test.each([
    ["nothing for a task without GPUs", {}, devices(2), [], []],
    ["the one that is free", { gpus: 1 }, devices(2), [since(0, 5)], ["GPU-1"]],
    [
      "the one whose newest share is the oldest",
      { gpus: 1 },
      devices(2),
      [since(0, 5), since(1, 3)],
      ["GPU-1"],
    ],
    [
      "not the one with fewer shares",
      { gpus: 1 },
      devices(2),
      [since(0, 5), since(1, 3), since(1, 2)],
      ["GPU-1"],
    ],
    [
      "one of this home rather than one whose hold is of unknown age",
      { gpus: 1 },
      devices(2),
      [since(0, undefined), since(1, 9)],
      ["GPU-1"],
    ],
    [
      "none of a stranger's",
      { gpus: 1 },
      [aDevice(0, { foreign: [foreign(9)] }), aDevice(1)],
      [since(1, 3)],
      ["GPU-1"],
    ],
    [
      "nothing where strangers hold too many",
      { gpus: 2 },
      [aDevice(0, { foreign: [foreign(9)] }), aDevice(1)],
      [],
      null,
    ],
    ["nothing where too few work", { gpus: 2 }, [aDevice(0, { fault: "off the bus" }), aDevice(1)], [], null],
    [
      "a stranger's for a share that fits beside it",
      { vramBytes: 60 * GIB },
      [aDevice(0, { foreign: [foreign(9)] })],
      [since(0, 3)],
      ["GPU-0"],
    ],
    [
      "nothing for a share that does not",
      { vramBytes: 75 * GIB },
      [aDevice(0, { foreign: [foreign(9)] })],
      [since(0, 3)],
      null,
    ],
  ] satisfies [string, Resources, Device[], Holding[], string[] | null][])(
    "%s",
    (_what, wanted, found, holdings, ids) => {
      expect(kept(wanted, found, holdings)).toEqual(ids);
    },
  );
});
