import { readdirSync } from "node:fs";
import { loadavg, platform } from "node:os";
import { join } from "node:path";
import { unlessRefused } from "../lib/errno.ts";
import { textOf } from "../lib/file-text.ts";
import { type Conditions, UNKNOWN_CONDITIONS, type WorkRules } from "../model/work.ts";

const POWER_SUPPLIES = "sys/class/power_supply";
/** `pmset` answers in milliseconds; where it hangs, the queue must not. */
const PMSET_TIMEOUT_MS = 2_000;

/** Reads load and power supply, as far as the rules need them. `root` is `/`, except in tests. */
export function readConditions(rules: WorkRules, root = "/"): Conditions {
  return {
    ...UNKNOWN_CONDITIONS,
    ...(rules.maxLoad !== null && { load: loadavg()[0] ?? null }),
    ...(rules.onlyOnMains && { onMains: platform() === "darwin" ? macOnMains() : linuxOnMains(root) }),
  };
}

/** From sysfs-class-power: mains and USB supplies have `online`. A machine without a battery is on mains. */
function linuxOnMains(root: string): boolean | null {
  const folder = join(root, POWER_SUPPLIES);
  const supplies = unlessRefused(() => readdirSync(folder), []);
  const read = (name: string, file: string): string => (textOf(join(folder, name, file)) ?? "").trim();
  const isOfMachine = (name: string): boolean => read(name, "scope") !== "Device";
  const own = supplies.filter(isOfMachine);
  const lines = own.filter((name) => ["Mains", "USB"].includes(read(name, "type")));
  if (lines.some((name) => read(name, "online") === "1")) return true;
  const batteries = own.filter((name) => read(name, "type") === "Battery");
  if (batteries.length === 0) return true;
  if (batteries.some((name) => read(name, "status") === "Discharging")) return false;
  return lines.length > 0 ? false : null;
}

/** `pmset -g ps` begins with "Now drawing from 'AC Power'". */
function macOnMains(): boolean | null {
  const how = { stdout: "pipe", stderr: "ignore", timeout: PMSET_TIMEOUT_MS } as const;
  const ended = unlessRefused(() => Bun.spawnSync(["/usr/bin/pmset", "-g", "ps"], how), null);
  const said = /drawing from '([^']+)'/.exec(ended?.stdout.toString() ?? "")?.[1];
  return said === undefined ? null : said === "AC Power";
}
