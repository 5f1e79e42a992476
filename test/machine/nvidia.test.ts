import { describe, expect, test } from "bun:test";
import {
  GPU_FIELDS,
  parseGpus,
  parseUses,
  refusedField,
  slicesIn,
  withSlices,
} from "../../src/machine/nvidia.ts";

const GIB = 2 ** 30;
const MEMORY = { totalBytes: 128 * GIB, availableBytes: 100 * GIB };
const parse = (...lines: string[]) => parseGpus(lines.join("\n"), { fields: GPU_FIELDS, memory: MEMORY });
const devicesIn = (...lines: string[]) => parse(...lines).map(({ device }) => device);

/** Columns: index, uuid, total, used, free, utilization, temperature, mig, name. */
const A100 = "0, GPU-5d5b, 81920, 1024, 80896, 35, 61, Disabled, NVIDIA A100-SXM4-80GB";
const LOST =
  "Unable to determine the device handle for GPU 0000:0B:00.0: GPU is lost.  Reboot the system to recover this GPU";

describe("parseGpus()", () => {
  test("reads a row whole", () => {
    expect(parse(A100)).toEqual([
      {
        isSliced: false,
        device: {
          id: "GPU-5d5b",
          vendor: "nvidia",
          index: 0,
          name: "NVIDIA A100-SXM4-80GB",
          memoryBytes: 80 * GIB,
          freeBytes: 79 * GIB,
          isUnified: false,
          fault: null,
          held: [],
          foreign: [],
          utilization: 35,
          temperatureCelsius: 61,
        },
      },
    ]);
  });

  test.each([
    ["[N/A]", "[N/A]", "[N/A]"],
    ["[Not Supported]", "[Not Supported]", "[Not Supported]"],
    ["N/A", "N/A", "N/A"],
  ])("reads memory %s as the machine's", (total, used, free) => {
    expect(devicesIn(`0, GPU-1, ${total}, ${used}, ${free}, 0, 44, [N/A], NVIDIA GB10`)).toMatchObject([
      { memoryBytes: 128 * GIB, freeBytes: 100 * GIB, isUnified: true, fault: null },
    ]);
  });

  test.each([
    ["[Unknown Error]", 'nvidia-smi says "Unknown Error" of its memory'],
    ["[GPU is lost]", 'nvidia-smi says "GPU is lost" of its memory'],
    ["ERR!", 'nvidia-smi says "ERR!" of its memory'],
    ["[GPU requires reset]", 'nvidia-smi says "GPU requires reset" of its memory'],
  ])("reads %s as a fault and no number", (value, fault) => {
    const [device] = devicesIn(`3, GPU-1, ${value}, ${value}, ${value}, ${value}, ${value}, [N/A], T4`);
    expect(device).toMatchObject({
      index: 3,
      fault,
      memoryBytes: null,
      freeBytes: null,
      isUnified: false,
      utilization: null,
      temperatureCelsius: null,
    });
  });

  test.each([
    ["[Insufficient Permissions], [Insufficient Permissions]", null],
    ["1024, [N/A]", 15 * GIB],
    ["[N/A], 2048", 2 * GIB],
  ])("reads used and free as %s with %p bytes free", (cells, freeBytes) => {
    const [device] = devicesIn(`0, GPU-1, 16384, ${cells}, [N/A], [N/A], [N/A], T4`);
    expect(device).toMatchObject({ memoryBytes: 16 * GIB, freeBytes, isUnified: false, fault: null });
  });

  test("shows a GPU that NVML lost as faulty, with the number that is missing", () => {
    const found = devicesIn(LOST, A100, A100.replace("0, GPU-5d5b", "2, GPU-77"));
    expect(found.map(({ index, id }) => [index, id])).toEqual([
      [0, "GPU-5d5b"],
      [1, "0000:0B:00.0"],
      [2, "GPU-77"],
    ]);
    expect(found[1]?.fault).toBe(
      "nvidia-smi cannot reach it: GPU is lost.  Reboot the system to recover this GPU",
    );
  });

  test("accepts a comma in a name, and orders by index", () => {
    const found = devicesIn(`${A100}, rev 2`.replace("0, GPU", "1, GPU"), A100.replace("5d5b", "1"));
    expect(found.map(({ name }) => name)).toEqual(["NVIDIA A100-SXM4-80GB", "NVIDIA A100-SXM4-80GB, rev 2"]);
  });

  test.each([
    "",
    "No devices were found",
    "0, GPU-1",
    ", , , , , , , ,",
    "x, GPU-1, 1, 1, 1, 1, 1, a, b",
    "\u0001\u0002",
  ])("finds no GPU in %j", (text) => {
    expect(parse(text)).toEqual([]);
  });
});

describe("refusedField()", () => {
  test.each([
    ['Field "compute_cap" is not a valid field to query.\n\n', "compute_cap"],
    ["0, GPU-1", null],
  ])("%j", (said, field) => {
    expect(refusedField(said)).toBe(field);
  });
});

const LISTING = `GPU 0: NVIDIA A100-SXM4-40GB (UUID: GPU-5d5b)
  MIG 3g.20gb     Device  0: (UUID: MIG-c6d4)
  MIG 1g.5gb+me   Device  1: (UUID: MIG-GPU-5d5b/7/0)
GPU 1: NVIDIA A100-SXM4-40GB (UUID: GPU-77)
`;

describe("slices", () => {
  test("replace their GPU as devices, with the memory of their profile", () => {
    const gpus = parse(A100.replace("Disabled", "Enabled"), A100.replace("0, GPU-5d5b", "1, GPU-77"));
    const found = withSlices(gpus, LISTING);
    expect(
      found.map(({ id, index, memoryBytes, freeBytes }) => ({ id, index, memoryBytes, freeBytes })),
    ).toEqual([
      { id: "MIG-c6d4", index: 0, memoryBytes: 20e9, freeBytes: null },
      { id: "MIG-GPU-5d5b/7/0", index: 0, memoryBytes: 5e9, freeBytes: null },
      { id: "GPU-77", index: 1, memoryBytes: 80 * GIB, freeBytes: 79 * GIB },
    ]);
    expect(found[0]?.name).toBe("NVIDIA A100-SXM4-80GB MIG 3g.20gb");
  });

  test("leave a GPU in MIG mode without slices unusable", () => {
    const gpus = parse(A100.replace("Disabled", "Enabled"));
    expect(withSlices(gpus, "GPU 0: NVIDIA A100 (UUID: GPU-5d5b)\n")).toMatchObject([
      { id: "GPU-5d5b", fault: "it is in MIG mode and has no slices" },
    ]);
  });

  test("are not found in any other text", () => {
    expect(slicesIn("  MIG 1g.5gb Device 0:\nNo devices were found")).toEqual([]);
  });
});

describe("parseUses()", () => {
  test("reads processes, and unknown memory as null", () => {
    const text =
      "GPU-1, 4711, 5222\nMIG-2, 12, [N/A]\n[N/A], 3, 4\nGPU-1, [N/A], 4\nNo running processes found\n";
    expect(parseUses(text)).toEqual([
      { deviceId: "GPU-1", pid: 4_711, bytes: 5_222 * 2 ** 20 },
      { deviceId: "MIG-2", pid: 12, bytes: null },
    ]);
  });
});
