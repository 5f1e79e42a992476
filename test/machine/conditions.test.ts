import { describe, expect, test } from "bun:test";
import { mkdirSync, writeFileSync } from "node:fs";
import { loadavg } from "node:os";
import { join } from "node:path";
import { ConditionsWatch } from "../../src/daemon/devices/conditions.ts";
import { readConditions } from "../../src/machine/conditions.ts";
import { ALWAYS, type Conditions, type WorkRules } from "../../src/model/work.ts";
import { TempDirectory } from "../rig/temp-home.ts";

const MAINS = { ...ALWAYS, onlyOnMains: true };
type Supplies = Record<string, Record<string, string>>;

function withSupplies(root: string, supplies: Supplies): string {
  for (const [name, files] of Object.entries(supplies)) {
    const folder = join(root, "sys/class/power_supply", name);
    mkdirSync(folder, { recursive: true });
    for (const [file, text] of Object.entries(files)) writeFileSync(join(folder, file), `${text}\n`);
  }
  return root;
}

describe.skipIf(process.platform !== "linux")("readConditions()", () => {
  test.each<[what: string, supplies: Supplies, onMains: boolean | null]>([
    ["a desktop has nothing there", {}, true],
    [
      "a plugged laptop",
      { AC: { type: "Mains", online: "1" }, BAT0: { type: "Battery", status: "Charging" } },
      true,
    ],
    [
      "an unplugged one",
      { AC: { type: "Mains", online: "0" }, BAT0: { type: "Battery", status: "Discharging" } },
      false,
    ],
    [
      "one charged by USB",
      {
        AC: { type: "Mains", online: "0" },
        usb: { type: "USB", online: "1" },
        BAT0: { type: "Battery", status: "Charging" },
      },
      true,
    ],
    ["a battery alone that is drawn from", { BAT0: { type: "Battery", status: "Discharging" } }, false],
    ["a battery alone that says nothing of it", { BAT0: { type: "Battery", status: "Unknown" } }, null],
    ["a desktop with a mouse", { mouse: { type: "Battery", status: "Discharging", scope: "Device" } }, true],
  ])("%s", async (_, supplies, onMains) => {
    await using root = new TempDirectory();
    expect(readConditions(MAINS, withSupplies(root.path, supplies))).toEqual({ load: null, onMains });
  });

  test("reads only the conditions that the rules need", () => {
    expect(readConditions(ALWAYS)).toEqual({ load: null, onMains: null });
    expect(readConditions({ ...ALWAYS, maxLoad: 1 }).load).toBeCloseTo(loadavg()[0] ?? 0, 0);
  });
});

describe("ConditionsWatch", () => {
  test("reads every 30 s while a task waits, and never where no rule needs it", () => {
    let awakeMs = 0;
    let looks = 0;
    const clock = { now: () => 0, awakeMs: () => awakeMs };
    const read = (): Conditions => ({ load: (looks += 1), onMains: null });
    let rules: WorkRules = { ...ALWAYS, maxLoad: 4 };
    const watch = new ConditionsWatch(() => rules, { clock, read });
    expect(watch.view(false).load).toBeNull();
    expect(watch.view(true).load).toBe(1);
    awakeMs = 29_999;
    expect(watch.view(true).load).toBe(1);
    awakeMs = 90_000;
    expect(watch.view(false).load).toBe(1);
    expect(watch.view(true).load).toBe(2);
    rules = { ...rules, maxLoad: 5 };
    expect(watch.view(true).load).toBe(3);
    const idle = new ConditionsWatch(() => ALWAYS, { clock, read });
    expect(idle.view(true).load).toBeNull();
    expect(looks).toBe(3);
  });
});
