import { expect, test } from "bun:test";
import { renderDevices } from "../../src/cli/text/devices.ts";
import { tasksOn } from "../../src/desk/devices.ts";
import { newDevice } from "../../src/machine/finding.ts";
import type { Device } from "../../src/model/device.ts";
import type { Resources } from "../../src/model/resources.ts";
import type { Task } from "../../src/model/task.ts";
import { asClaimed, aTask } from "../rig/tasks.ts";

const GIB = 2 ** 30;

function device(change: Partial<Device> = {}): Device {
  return { ...newDevice({ id: "GPU-1", vendor: "nvidia", index: 0, name: "A100" }), ...change };
}

/** A task that runs, with devices or without. */
function running(number: number, given: { devices?: string[]; resources?: Resources } = {}): Task {
  const task = asClaimed(aTask({ number }), `t-${number}`);
  const attempts = task.status.attempts.map((attempt) => ({ ...attempt, ...given }));
  return { ...task, status: { ...task.status, attempts } };
}

test("a task is shown on each device that was assigned to it or that its processes use", () => {
  const held = [
    { token: "t-1", bytes: GIB },
    { token: "t-4", bytes: null },
    { token: "t-9", bytes: 1 },
  ];
  const active = [
    running(1, { devices: ["GPU-1"], resources: { vramBytes: 8 * GIB } }),
    running(2, { devices: ["GPU-0", "GPU-1"], resources: { gpus: 2 } }),
    running(3, { devices: ["GPU-0"] }),
    running(4),
    running(5),
    aTask({ number: 6 }),
  ];
  const tasks = tasksOn(device({ held }), active);
  expect(tasks.map(({ id, ...rest }) => [id as string, rest])).toEqual([
    ["000001-train", { isGiven: true, reservedBytes: 8 * GIB, usedBytes: GIB }],
    ["000002-train", { isGiven: true, reservedBytes: null, usedBytes: null }],
    ["000004-train", { isGiven: false, reservedBytes: null, usedBytes: null }],
  ]);
  const elsewhere = [
    { holder: "000007-a of /other", bytes: null },
    { holder: "000008-b of /other", bytes: GIB },
  ];
  expect(renderDevices([{ ...device({ memoryBytes: 80 * GIB }), tasks, elsewhere }], 100)).toBe(
    [
      "GPU  NAME  MEMORY       USE  TEMP  ID",
      "0    A100  - of 80 GiB  -    -     GPU-1",
      "     000001-train has 8 GiB of it, uses 1 GiB",
      "     000002-train has all of it",
      "     000004-train uses an unknown amount without an assignment",
      "     000007-a of /other has all of it",
      "     000008-b of /other has 1 GiB of it",
      "",
    ].join("\n"),
  );
});

test('gpus prints a dash for an unknown value, a fault below its device, and "shared" for unified memory', () => {
  const lost = { ...device({ fault: "lost", foreign: [{ pid: 7, bytes: null }] }), tasks: [], elsewhere: [] };
  const unified = {
    ...device({ isUnified: true, memoryBytes: 8 * GIB, freeBytes: 6 * GIB, index: 1 }),
    tasks: [],
    elsewhere: [],
  };
  expect(renderDevices([lost, unified], 100)).toBe(
    [
      "GPU  NAME  MEMORY                         USE  TEMP  ID",
      "0    A100  -                              -    -     GPU-1",
      "     unusable: lost",
      "     pid 7 outside stint uses an unknown amount",
      "1    A100  2 GiB of 8 GiB, the machine's  -    -     GPU-1",
      "",
    ].join("\n"),
  );
});
