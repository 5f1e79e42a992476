import { closeSync, constants, openSync, readdirSync, readFileSync, writeSync } from "node:fs";
import { join } from "node:path";

/** The processes in a control group and in those below it; none where it is gone. */
export function processesIn(group: string): number[] {
  try {
    const own = readFileSync(join(group, "cgroup.procs"), "utf8").split("\n").filter(Boolean).map(Number);
    const below = readdirSync(group, { withFileTypes: true }).filter((entry) => entry.isDirectory());
    return [...own, ...below.flatMap(({ name }) => processesIn(join(group, name)))];
  } catch {
    return [];
  }
}

/** Kills all that is in a group at one stroke, where the kernel can: version 2 since Linux 5.14. */
export function killGroup(group: string): void {
  try {
    const file = openSync(join(group, "cgroup.kill"), constants.O_WRONLY);
    writeSync(file, "1");
    closeSync(file);
  } catch {
    // Version 1 or gone: they are killed one by one.
  }
}
