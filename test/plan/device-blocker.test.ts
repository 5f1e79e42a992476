import { describe, expect, test } from "bun:test";
import type { Device } from "../../src/model/device.ts";
import { makeTaskId } from "../../src/model/identity.ts";
import type { Resources } from "../../src/model/resources.ts";
import { type Demand, plainDemand } from "../../src/plan/demand.ts";
import { type DeviceBlocker, deviceBlockers } from "../../src/plan/device-blocker.ts";
import { deviceRooms, isDeviceFree } from "../../src/plan/devices.ts";
import type { Holding } from "../../src/plan/input.ts";
import { aDevice, aMachine, GIB } from "../rig/machine.ts";

const other: Holding = { device: "GPU-0", token: "t", holder: "000007-other", bytes: 60 * GIB };
const stranger = { foreign: [{ pid: 4_711, bytes: 30 * GIB }], freeBytes: 50 * GIB };
const WHOLE: Resources = { gpus: 1 };

interface Case {
  readonly device?: Partial<Device>;
  readonly wanted?: Resources;
  readonly demand?: Partial<Demand>;
  readonly holdings?: readonly Holding[];
  readonly isSettling?: boolean;
  readonly keptFor?: number;
}

/** Of the first of two devices; the second is free. */
function blockerOf({
  device = {},
  wanted = WHOLE,
  demand = {},
  holdings = [],
  ...rest
}: Case): DeviceBlocker | null {
  const machine = aMachine({
    devices: [aDevice(0, device), aDevice(1, { memoryBytes: 96 * GIB })],
    elsewhere: holdings,
    awaitingProbe: new Set(rest.isSettling === true ? ["GPU-0"] : []),
  });
  const kept = rest.keptFor === undefined ? null : makeTaskId(rest.keptFor, "big");
  const rooms = deviceRooms(machine, []).map((room, index) =>
    index === 0 ? { ...room, keptFor: kept } : room,
  );
  const asked = { ...plainDemand(wanted), ...demand };
  const [first] = deviceBlockers(asked, rooms);
  if (first === undefined) throw new Error("there is no device");
  // What is free has no blocker, except where another device is wanted.
  if (first.blocker === null) expect(isDeviceFree(first.room, asked)).toBeTrue();
  return first.blocker;
}

describe("deviceBlockers() says that a device", () => {
  const CASES: [string, Case, DeviceBlocker | null][] = [
    ["is free", {}, null],
    ["has room for a share", { wanted: { vramBytes: 20 * GIB }, holdings: [other] }, null],
    ["is another model", { wanted: { gpuModel: "H100" } }, { type: "unsuitable", why: "is a NVIDIA A100" }],
    [
      "has failed",
      { device: { fault: "off the bus" } },
      { type: "unsuitable", why: "has failed: off the bus" },
    ],
    ["failed under the task", { demand: { avoid: ["GPU-0"] } }, { type: "avoided" }],
    ["was too small for the task", { demand: { moreThanBytes: 80 * GIB } }, { type: "tooSmall" }],
    ["is kept for another", { keptFor: 3 }, { type: "keptFor", task: makeTaskId(3, "big") }],
    ["is still being given back", { isSettling: true }, { type: "awaitingProbe" }],
    ["is shared by others and wanted whole", { holdings: [other] }, { type: "held", freeBytes: null }],
    [
      "has too little left for a share",
      { wanted: { vramBytes: 30 * GIB }, holdings: [other] },
      { type: "held", freeBytes: 20 * GIB },
    ],
    ["is used by a stranger and wanted whole", { device: stranger }, { type: "foreign", freeBytes: null }],
    [
      "has too little left beside a stranger",
      { device: stranger, wanted: { vramBytes: 60 * GIB } },
      { type: "foreign", freeBytes: 50 * GIB },
    ],
  ];

  test.each(CASES)("%s", (_what, found, blocker) => {
    expect(blockerOf(found)).toEqual(blocker);
  });
});
