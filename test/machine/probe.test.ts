import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { pid } from "node:process";
import { systemClock } from "../../src/lib/clock.ts";
import { mayHaveDevices, type ProbeOptions, probeDevices } from "../../src/machine/probe.ts";
import { ALL_DEVICES } from "../../src/model/device.ts";
import { type FakeMode, FakeNvidia, GPU_A, GPU_B } from "../rig/fake-nvidia.ts";
import { until } from "../rig/stint.ts";
import { PROGRAMS } from "../rig/surroundings.ts";
import { TempDirectory } from "../rig/temp-home.ts";

const GIB = 2 ** 30;

/** A look with nothing of this machine but its processes. */
function look(fake: FakeNvidia, options: Partial<ProbeOptions> = {}) {
  return probeDevices({
    clock: systemClock,
    env: fake.env,
    rules: ALL_DEVICES,
    isOwn: () => true,
    ...options,
  });
}

describe("probeDevices()", () => {
  test.each<[mode: FakeMode, devices: unknown[], problem: string | null]>([
    [
      "normal",
      [
        { id: GPU_A, freeBytes: 79 * GIB },
        { id: GPU_B, freeBytes: 24 * GIB },
      ],
      null,
    ],
    ["missing", [], null],
    ["none", [], null],
    [
      "unknown-error",
      [
        { id: GPU_A, fault: null },
        { id: GPU_B, fault: expect.stringContaining("Unknown Error") },
      ],
      null,
    ],
    [
      "failed",
      [
        { id: "0000:41:00.0", index: 0, fault: expect.stringContaining("GPU is lost") },
        { id: GPU_B, index: 1, fault: null },
      ],
      null,
    ],
    [
      "old",
      [{ id: GPU_A, name: "Tesla K80", memoryBytes: 11_178 * 2 ** 20, temperatureCelsius: null }],
      null,
    ],
    [
      "mig",
      [
        { id: /^MIG-1111/, memoryBytes: 40e9 },
        { id: /^MIG-2222/, memoryBytes: 10e9 },
      ],
      null,
    ],
    ["mig-empty", [{ id: GPU_A, fault: "it is in MIG mode and has no slices" }], null],
    ["mismatch", [], "nvidia-smi ended with 18: Failed to initialize NVML: Driver/library version mismatch"],
    ["silent", [], "nvidia-smi ended with 1"],
    ["garbage", [], "nvidia-smi ended with 0: <html>, , , , , , , ,"],
    ["hang", [], "nvidia-smi did not answer within 2 s"],
  ])("%s", async (mode, devices, problem) => {
    using fake = new FakeNvidia(mode);
    const found = await look(fake);
    expect(found.problem).toBe(problem);
    const wanted = devices.map((device) => ({ ...(device as object) }) as { id: unknown });
    expect(found.devices).toMatchObject(
      wanted.map((one) => (one.id instanceof RegExp ? { ...one, id: expect.stringMatching(one.id) } : one)),
    );
  });

  test("a device with unified memory has the machine's memory", async () => {
    using fake = new FakeNvidia("unified");
    const total = Number(/MemTotal:\s+(\d+)/.exec(readFileSync("/proc/meminfo", "utf8"))?.[1]) * 1_024;
    expect((await look(fake)).devices).toMatchObject([
      { isUnified: true, memoryBytes: total, utilization: 12 },
    ]);
  });

  test.each<FakeMode>(["hang", "hang-behind-a-wrapper", "flood"])(
    "%s: the tool is given up in time, and nothing of it is left",
    async (mode) => {
      using fake = new FakeNvidia(mode);
      // By itself it would be at it for ten minutes.
      const found = await look(fake);
      expect(found).toMatchObject({ devices: [], problem: expect.stringContaining("nvidia-smi") });
      await until("the tool is gone", () => fake.processes.length === 0);
    },
  );

  test("an aborted probe ends its tool at once", async () => {
    using fake = new FakeNvidia("hang");
    const off = new AbortController();
    const looking = look(fake, { signal: off.signal });
    await until("the tool runs", () => fake.calls.length > 0);
    // Another one, which has only just begun, is given up later.
    using other = new FakeNvidia("hang");
    const givenUp = look(other);
    off.abort();
    const first = await Promise.race([looking.then(() => "called off"), givenUp.then(() => "given up")]);
    expect(first).toBe("called off");
    await givenUp;
    await until("the tool is gone", () => fake.processes.length === 0);
  });

  test("processes of open attempts hold a device, and all others are foreign with their pids", async () => {
    using fake = new FakeNvidia();
    await using job = Bun.spawn(["sleep", "60"], { env: { PATH: PROGRAMS, STINT_TOKEN: "t-1" } });
    await using other = Bun.spawn(["sleep", "60"], { env: { PATH: PROGRAMS, STINT_TOKEN: "t-2" } });
    const gone = 4_194_305; // over the kernel's highest
    fake.lists(
      { gpu: GPU_A, pid: job.pid, mebibytes: 512 },
      { gpu: GPU_A, pid: other.pid, mebibytes: 256 },
      { gpu: GPU_A, pid: gone, mebibytes: null },
    );
    await until("both sleep", () => environmentHas(job.pid, "t-1") && environmentHas(other.pid, "t-2"));
    const { devices } = await look(fake, { isOwn: (token) => token === "t-1" });
    expect(devices[0]).toMatchObject({
      held: [{ token: "t-1", bytes: GIB / 2 }],
      foreign: [
        { pid: other.pid, bytes: GIB / 4 },
        { pid: gone, bytes: null },
      ],
    });
  });

  test("a foreign process on a whole sliced GPU is on each of its slices, with unknown memory", async () => {
    using fake = new FakeNvidia("mig");
    fake.lists({ gpu: GPU_A, pid, mebibytes: 512 });
    const { devices } = await look(fake, { isOwn: () => false });
    expect(devices.map(({ foreign }) => foreign)).toEqual([[{ pid, bytes: null }], [{ pid, bytes: null }]]);
  });

  test("an old driver is queried again, once for each field that it lacks", async () => {
    using fake = new FakeNvidia("old");
    await look(fake);
    expect(fake.calls.filter((call) => call.startsWith("--query-gpu")).length).toBe(3);
  });

  test("simulated devices replace all others, and no tool is started", async () => {
    using fake = new FakeNvidia("hang");
    const simulate = [{ name: "A100", memoryBytes: 80e9, count: 2, foreignBytes: 0 }];
    const { devices } = await look(fake, { rules: { ...ALL_DEVICES, simulate, exclude: ["0"] } });
    expect(devices.map(({ id }) => id)).toEqual(["SIM-1"]);
    expect(fake.calls).toEqual([]);
  });

  test("a tool that is no program is a problem and no exception", async () => {
    await using folder = new TempDirectory();
    await Bun.write(`${folder.path}/nvidia-smi`, "\u0000\u0001\u0002");
    Bun.spawnSync(["chmod", "+x", `${folder.path}/nvidia-smi`]);
    using fake = new FakeNvidia("missing");
    const { devices, problem } = await look(fake, { env: { PATH: folder.path } });
    expect([devices, problem]).toEqual([[], expect.stringContaining("nvidia-smi")]);
  });
});

test("mayHaveDevices() is false without a tool and a device file", async () => {
  await using empty = new TempDirectory();
  using none = new FakeNvidia("missing");
  using some = new FakeNvidia();
  const ask = (fake: FakeNvidia) => mayHaveDevices({ env: fake.env, rules: ALL_DEVICES, root: empty.path });
  expect([ask(none), ask(some)]).toEqual([false, true]);
});

function environmentHas(of: number, text: string): boolean {
  return readFileSync(`/proc/${of}/environ`, "latin1").includes(text);
}
