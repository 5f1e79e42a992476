import { join } from "node:path";
import { textOf } from "../lib/file-text.ts";
import { statFields } from "../lib/host.ts";
import type { Device } from "../model/device.ts";
import type { DeviceUse } from "./finding.ts";

/** Deeper than any process tree; reused pids could form a cycle. */
const MAX_GENERATIONS = 64;
const TOKEN = "STINT_TOKEN=";

/** The token of the attempt of a process: its own, else that of its nearest ancestor with one; null for none. */
export function tokenOf(pid: number, root: string): string | null {
  let at = pid;
  for (let generation = 0; generation < MAX_GENERATIONS && at > 1; generation += 1) {
    const token = tokenIn(textOf(join(root, "proc", String(at), "environ")) ?? "");
    if (token !== null) return token;
    // The environment may be another user's, or cleared; the parent of a process is readable for all users.
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

/**
 * Adds processes to their devices: those of this home's open attempts as held memory, all others as foreign. An unknown pid is foreign
 * too (nvidia-smi in a container reports the pids of the host).
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

/** The sum is unknown where a part is. */
function sum(left: number | null, right: number | null): number | null {
  return left === null || right === null ? null : left + right;
}
