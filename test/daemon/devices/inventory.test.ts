import { describe, expect, test } from "bun:test";
import { existsSync, rmSync, statSync, writeFileSync } from "node:fs";
import { InventoryKeeper, type KeeperOptions } from "../../../src/daemon/devices/inventory.ts";
import { systemClock } from "../../../src/lib/clock.ts";
import { ALL_DEVICES } from "../../../src/model/device.ts";
import { inventoryOf, readInventory, writeInventory } from "../../../src/store/inventory-file.ts";
import { fakeClock } from "../../rig/clock.ts";
import { type FakeMode, FakeNvidia, GPU_A, GPU_B } from "../../rig/fake-nvidia.ts";
import { until } from "../../rig/stint.ts";
import { TempHome } from "../../rig/temp-home.ts";

/** A keeper over a fake tool, and what it told. */
class Watched implements AsyncDisposable {
  readonly home = new TempHome();
  readonly fake: FakeNvidia;
  readonly said: string[] = [];
  nudges = 0;
  readonly keeper: InventoryKeeper;

  constructor(mode: FakeMode, options: Partial<KeeperOptions> = {}) {
    this.fake = new FakeNvidia(mode);
    this.keeper = new InventoryKeeper({
      layout: this.home.layout,
      clock: systemClock,
      rules: () => ALL_DEVICES,
      environment: this.fake.env,
      isOwn: () => true,
      nudge: () => (this.nudges += 1),
      log: (line) => this.said.push(line),
      root: this.home.path,
      ...options,
    });
  }

  /** Looks once more; returns when that look is over. */
  async look(): Promise<void> {
    await this.keeper.refresh();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.keeper[Symbol.dispose]();
    this.fake[Symbol.dispose]();
    await this.home[Symbol.asyncDispose]();
  }
}

const ids = (keeper: InventoryKeeper) => keeper.latest?.devices.map(({ id, fault }) => [id, fault]);

describe("InventoryKeeper", () => {
  test("knows at once that a machine has no devices, and starts no tool", async () => {
    await using watched = new Watched("missing");
    expect(watched.keeper.latest).toMatchObject({ devices: [], problem: null });
    expect(watched.fake.calls).toEqual([]);
  });

  test("probes by itself, nudges the loop only for changes, and stores the inventory for other processes", async () => {
    await using watched = new Watched("normal");
    const { keeper, home } = watched;
    expect(keeper.latest).toBeNull();
    await until("the first look is over", () => keeper.latest !== null);
    expect(ids(keeper)).toEqual([
      [GPU_A, null],
      [GPU_B, null],
    ]);
    expect(readInventory(home.layout, Date.now())).toEqual(keeper.latest);
    expect(statSync(home.layout.inventory).mode & 0o777).toBe(0o600);
    expect(watched.nudges).toBe(1);
    const written = statSync(home.layout.inventory).ino;
    await watched.look();
    expect([watched.nudges, statSync(home.layout.inventory).ino]).toEqual([1, written]);
    watched.fake.lists({ gpu: GPU_A, pid: 4_194_305, mebibytes: 512 });
    await watched.look();
    expect(watched.nudges).toBe(2);
    expect(readInventory(home.layout, Date.now())).toEqual(keeper.latest);
    expect(home.files("tmp")).toEqual([]);
  });

  test("probes again when the interval is over", async () => {
    await using watched = new Watched("normal", { lookMs: 20 });
    await until(
      "it looked thrice",
      () => watched.fake.calls.filter((call) => call.includes("gpu=")).length > 2,
    );
  });

  test("reports once that a tool fails and once that it works; its devices stay meanwhile, marked as faulty", async () => {
    await using watched = new Watched("normal");
    await until("the first look is over", () => watched.keeper.latest !== null);
    watched.fake.is("mismatch");
    await watched.look();
    await watched.look();
    const problem = "nvidia-smi ended with 18: Failed to initialize NVML: Driver/library version mismatch";
    expect(ids(watched.keeper)).toEqual([
      [GPU_A, problem],
      [GPU_B, problem],
    ]);
    watched.fake.is("normal");
    await watched.look();
    expect(ids(watched.keeper)).toEqual([
      [GPU_A, null],
      [GPU_B, null],
    ]);
    expect(watched.said).toEqual([`GPUs cannot be read: ${problem}`, "GPUs can be read again"]);
    watched.fake.is("none");
    await watched.look();
    expect(ids(watched.keeper)).toEqual([]);
  });

  test("runs one probe at a time, and another one after it where it was requested", async () => {
    await using watched = new Watched("hang");
    await until("the tool runs", () => watched.fake.calls.length === 2);
    for (let time = 0; time < 5; time += 1) void watched.keeper.refresh();
    await Bun.sleep(100);
    expect(watched.fake.calls).toHaveLength(2);
    watched.fake.is("normal");
    await until("the second look is over", () => watched.keeper.latest?.problem === null);
    expect(watched.fake.calls).toHaveLength(4);
  });

  test("can be closed during a probe", async () => {
    await using watched = new Watched("hang");
    await until("the tool runs", () => watched.fake.calls.length === 2);
    watched.keeper[Symbol.dispose]();
    void watched.keeper.refresh();
    await until("the tools are gone", () => watched.fake.processes.length === 0);
    expect([watched.keeper.latest, watched.fake.calls.length]).toEqual([null, 2]);
    expect(existsSync(watched.home.layout.inventory)).toBeFalse();
  });

  test("tolerates a home that it cannot write to", async () => {
    await using home = new TempHome();
    rmSync(home.layout.tmp, { recursive: true });
    await using watched = new Watched("normal", { layout: home.layout });
    await until("the first look is over", () => watched.keeper.latest !== null);
    expect([watched.said, existsSync(home.layout.inventory)]).toEqual([[], false]);
  });
});

describe("readInventory()", () => {
  test("returns only a fresh and complete inventory", async () => {
    await using home = new TempHome();
    const clock = fakeClock();
    const at = new Date(clock.now()).toISOString();
    expect(readInventory(home.layout, clock.now())).toBeNull();
    expect(writeInventory(home.layout, { at, devices: [], problem: null }).ok).toBeTrue();
    const ages = [0, 29_000, -29_000, 31_000, -31_000];
    expect(ages.map((age) => readInventory(home.layout, clock.now() + age) !== null)).toEqual([
      true,
      true,
      true,
      false,
      false,
    ]);
    for (const text of ["", "{", '{"devices": []}']) {
      writeFileSync(home.layout.inventory, text);
      expect(readInventory(home.layout, clock.now())).toBeNull();
    }
  });
});

describe("inventoryOf()", () => {
  test("trusts what the present supervisor found even if it is old, and not what an earlier one found", async () => {
    await using home = new TempHome();
    const clock = fakeClock();
    const at = new Date(clock.now()).toISOString();
    const since = (ms: number): { since: string } => ({ since: new Date(clock.now() + ms).toISOString() });
    expect(inventoryOf(home.layout, since(0))).toBeNull();
    expect(writeInventory(home.layout, { at, devices: [], problem: null }).ok).toBeTrue();
    expect(inventoryOf(home.layout, since(-3_600_000))).toMatchObject({ at });
    expect(inventoryOf(home.layout, since(1))).toBeNull();
  });
});
