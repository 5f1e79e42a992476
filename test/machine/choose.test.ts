import { describe, expect, test } from "bun:test";
import { chosenDevices, hidingIn, withUnusedOff } from "../../src/machine/choose.ts";
import { newDevice } from "../../src/machine/finding.ts";
import { simulatedDevices } from "../../src/machine/simulated.ts";
import type { DeviceRules } from "../../src/model/device.ts";

const DEVICES = [
  newDevice({ id: "GPU-aa11", vendor: "nvidia", index: 0, name: "NVIDIA A100-SXM4-80GB" }),
  newDevice({ id: "GPU-aa22", vendor: "nvidia", index: 1, name: "NVIDIA GeForce RTX 3090" }),
  newDevice({ id: "MIG-33", vendor: "nvidia", index: 2, name: "NVIDIA A100 MIG 1g.5gb" }),
];

function chosen(rules: Partial<DeviceRules>, env: Record<string, string> = {}, devices = DEVICES): string[] {
  const all = { allow: null, exclude: [], simulate: [], ...rules };
  return chosenDevices(devices, { rules: all, env }).map(({ id }) => id);
}

test.each([
  [null, []],
  [["0", "MIG"], ["GPU-aa22"]],
  [[], ["GPU-aa11", "GPU-aa22", "MIG-33"]],
])("withUnusedOff() by %j leaves out %j", (names, off) => {
  const marked = withUnusedOff(DEVICES, names);
  expect(marked.filter(({ isOff }) => isOff === true).map(({ id }) => id)).toEqual(off);
  expect(marked).toHaveLength(3);
});

describe("chosenDevices()", () => {
  test.each<[rules: Partial<DeviceRules>, ids: string[]]>([
    [{}, ["GPU-aa11", "GPU-aa22", "MIG-33"]],
    [{ allow: [] }, []],
    [{ allow: ["0", "2"] }, ["GPU-aa11", "MIG-33"]],
    [{ allow: ["gpu-AA2"] }, ["GPU-aa22"]],
    [{ allow: ["GPU-"] }, ["GPU-aa11", "GPU-aa22"]],
    [{ allow: ["a100"] }, ["GPU-aa11", "MIG-33"]],
    [{ allow: ["90"] }, []],
    [{ allow: ["3090"] }, ["GPU-aa22"]],
    [{ exclude: ["RTX"] }, ["GPU-aa11", "MIG-33"]],
    [{ allow: ["A100"], exclude: ["MIG"] }, ["GPU-aa11"]],
  ])("%j", (rules, ids) => {
    expect(chosen(rules)).toEqual(ids);
  });

  test.each<[visible: string, ids: string[]]>([
    ["", []],
    ["-1", []],
    ["NoDevFiles", []],
    ["1", ["GPU-aa22"]],
    ["1,0", ["GPU-aa11", "GPU-aa22"]],
    ["GPU-aa1", ["GPU-aa11"]],
    ["MIG-33", ["MIG-33"]],
    ["0,-1,1", ["GPU-aa11"]],
    [" 0 , 1 ", ["GPU-aa11", "GPU-aa22"]],
  ])("CUDA_VISIBLE_DEVICES=%j", (visible, ids) => {
    expect(chosen({}, { CUDA_VISIBLE_DEVICES: visible })).toEqual(ids);
  });

  test("sets the variable of each vendor, and none for simulated devices", () => {
    const amd = [newDevice({ id: "GPU-9", vendor: "amd", index: 0, name: "MI300X" })];
    expect(chosen({}, { CUDA_VISIBLE_DEVICES: "" }, amd)).toEqual(["GPU-9"]);
    expect(chosen({}, { ROCR_VISIBLE_DEVICES: "" }, amd)).toEqual([]);
    expect(chosen({}, { ROCR_VISIBLE_DEVICES: "0", HIP_VISIBLE_DEVICES: "" }, amd)).toEqual(["GPU-9"]);
    const simulated = simulatedDevices([{ name: "T4", memoryBytes: 16e9, count: 1, foreignBytes: 0 }]);
    expect(chosen({}, { CUDA_VISIBLE_DEVICES: "", ROCR_VISIBLE_DEVICES: "" }, simulated)).toEqual(["SIM-0"]);
  });
});

test("hidingIn() names the variables that hide devices", () => {
  expect(hidingIn({ PATH: "/bin", CUDA_VISIBLE_DEVICES: "" })).toEqual(['CUDA_VISIBLE_DEVICES=""']);
});

test("simulatedDevices() numbers the devices, and subtracts shares in use from the free memory", () => {
  const devices = simulatedDevices([
    { name: "A100", memoryBytes: 80e9, count: 2, foreignBytes: 0 },
    { name: "T4", memoryBytes: 16e9, count: 1, foreignBytes: 20e9 },
  ]);
  expect(devices.map(({ id, index, name, freeBytes }) => [id, index, name, freeBytes])).toEqual([
    ["SIM-0", 0, "A100", 80e9],
    ["SIM-1", 1, "A100", 80e9],
    ["SIM-2", 2, "T4", 0],
  ]);
  expect(devices.map(({ foreign }) => foreign)).toEqual([[], [], [{ pid: 0, bytes: 20e9 }]]);
});
