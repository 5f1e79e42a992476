import { describe, expect, test } from "bun:test";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { lookAtAmd, parseRocm } from "../../src/machine/amd.ts";
import { parseDisplays } from "../../src/machine/apple.ts";
import { TempDirectory } from "../rig/temp-home.ts";

/** rocm-smi 6 with two MI250X. */
const TWO_CARDS = `WARNING: AMD GPU device(s) is/are in a low-power state. Check power control/runtime_status

{"card0": {"Device Name": "Aldebaran", "Unique ID": "0x18f68e602b8a790f", "Temperature (Sensor edge) (C)": "33.0",
"Temperature (Sensor junction) (C)": "35.0", "GPU use (%)": "7", "VRAM Total Memory (B)": "68702699520",
"VRAM Total Used Memory (B)": "10960896", "Card Series": "AMD Instinct MI250X"},
"card1": {"Unique ID": "N/A", "VRAM Total Memory (B)": "68702699520", "Card Series": "N/A", "Card Model": "0x740c"},
"system": {"PID4711": "python, 1, 104857600, 0, 0"}}`;

describe("parseRocm()", () => {
  test("reads cards, and assigns no process where there are several", () => {
    const found = parseRocm(TWO_CARDS);
    expect(found?.devices).toMatchObject([
      {
        id: "GPU-18f68e602b8a790f",
        vendor: "amd",
        index: 0,
        name: "AMD Instinct MI250X",
        memoryBytes: 68_702_699_520,
        freeBytes: 68_691_738_624,
        utilization: 7,
        temperatureCelsius: 33,
      },
      { id: "1", index: 1, name: "0x740c", freeBytes: null, utilization: null },
    ]);
    expect(found?.uses).toEqual([]);
  });

  test("assigns processes to the only card", () => {
    const text =
      '{"card0": {"Unique ID": "0x1"}, "system": {"PID4711": "python, 1, 104857600, 0, 0", "PID5": ""}}';
    expect(parseRocm(text)?.uses).toEqual([
      { deviceId: "GPU-1", pid: 4_711, bytes: 104_857_600 },
      { deviceId: "GPU-1", pid: 5, bytes: null },
    ]);
  });

  test.each(["", "ERROR: No AMD GPUs", "{", '{"card0": 5}', "[1]"])("does not throw for %j", (text) => {
    expect(parseRocm(text)?.devices ?? []).toBeArray();
  });
});

describe("lookAtAmd()", () => {
  test("reads compute devices from the kernel where there is no tool", async () => {
    await using folder = new TempDirectory();
    const root = folder.path;
    const card = (name: string, files: Record<string, string>): void => {
      const device = join(root, "sys", "class", "drm", name, "device");
      mkdirSync(device, { recursive: true });
      for (const [file, text] of Object.entries(files)) writeFileSync(join(device, file), `${text}\n`);
    };
    card("card0", { vendor: "0x10de" });
    card("card0-DP-1", { vendor: "0x1002" });
    card("card1", {
      vendor: "0x1002",
      mem_info_vram_total: "17163091968",
      mem_info_vram_used: "163091968",
      gpu_busy_percent: "3",
      unique_id: "b0e6a1",
    });
    const around = { env: { PATH: "/nowhere" }, root };
    expect(await lookAtAmd(around)).toEqual({ devices: [], uses: [], problem: null });
    mkdirSync(join(root, "dev"));
    writeFileSync(join(root, "dev", "kfd"), "");
    const { devices } = await lookAtAmd(around);
    expect(devices).toMatchObject([
      {
        id: "GPU-b0e6a1",
        index: 0,
        name: "AMD GPU",
        memoryBytes: 17_163_091_968,
        freeBytes: 17e9,
        utilization: 3,
      },
    ]);
  });
});

describe("parseDisplays()", () => {
  const memory = { totalBytes: 64e9, availableBytes: 20e9 };
  const displays = (vendor: string) =>
    JSON.stringify({ SPDisplaysDataType: [{ sppci_model: "Apple M2 Max", spdisplays_vendor: vendor }] });

  test("reads Apple's own GPU as one unified device", () => {
    expect(parseDisplays(displays("sppci_vendor_Apple"), memory)?.devices).toMatchObject([
      { vendor: "apple", name: "Apple M2 Max", memoryBytes: 64e9, freeBytes: 20e9, isUnified: true },
    ]);
  });

  test("ignores other GPUs and an empty answer", () => {
    expect(parseDisplays(displays("Intel"), memory)?.devices).toEqual([]);
    expect(parseDisplays("{}", memory)).toBeNull();
  });
});
