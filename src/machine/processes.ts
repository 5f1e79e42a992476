import { join } from "node:path";
import { textOf } from "../lib/file-text.ts";
import { statFields } from "../lib/host.ts";
import type { Device } from "../model/device.ts";
import type { DeviceUse } from "./finding.ts";

/** Deeper than any family of processes; a pid that is used again could close a ring. */
const MAX_GENERATIONS = 64;
const TOKEN = "STINT_TOKEN=";

/** The token of the attempt that a process belongs to: its own, else the one of its nearest forebear that shows one. */
export function tokenOf(pid: number, root: string): string | null {
  let at = pid;
  for (let generation = 0; generation < MAX_GENERATIONS && at > 1; generation += 1) {
    const token = tokenIn(environmentOf(at, root));
    if (token !== null) return token;
    // An environment may be another user's, or cleared; where a process comes from is there for all to read.
    const stat = textOf(join(root, "proc", String(at), "stat"));
    if (stat === null) return null;
    at = Number(statFields(stat)[1]);
  }
  return null;
}

function tokenIn(environment: string): string | null {
  const entry = environment.split("\0").find((variable) => variable.startsWith(TOKEN));
  return entry === undefined ? null : entry.slice(TOKEN.length);
}

function environmentOf(pid: number, root: string): string {
  return textOf(join(root, "proc", String(pid), "environ")) ?? "";
}

/**
 * Puts processes to their devices: those of this home's open attempts as held memory, all others as foreign ones. A
 * pid that is not to be found (nvidia-smi in a container gives the machine's own) is a foreign one too.
 */
export function withUses(
  devices: readonly Device[],
  { uses, ownToken }: { uses: readonly DeviceUse[]; ownToken: (pid: number) => string | null },
): Device[] {
  return devices.map((device) => {
    const held = new Map<string, number | null>();
    const foreign = [...device.foreign];
    for (const { pid, bytes } of uses.filter(({ deviceId }) => deviceId === device.id)) {
      const token = ownToken(pid);
      if (token === null) foreign.push({ pid, bytes });
      else held.set(token, held.has(token) ? sum(held.get(token) ?? null, bytes) : bytes);
    }
    return { ...device, held: [...held].map(([token, bytes]) => ({ token, bytes })), foreign };
  });
}

/** What is unknown in part is unknown. */
function sum(left: number | null, right: number | null): number | null {
  return left === null || right === null ? null : left + right;
}
