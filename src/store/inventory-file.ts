import { readFileSync } from "node:fs";
import type { Result } from "../lib/result.ts";
import { parseJson } from "../model/check.ts";
import { type Inventory, inventory } from "../model/device.ts";
import type { Problem } from "../model/errors.ts";
import { replaceFiles } from "./durable.ts";
import { tryFs } from "./fs-errors.ts";
import type { Layout } from "./layout.ts";

/** An older inventory is stale: its supervisor has ended, or hangs. */
const MAX_AGE_MS = 30_000;

/** Publishes the supervisor's last probe of the devices, for other processes. Not synced: after a crash it is stale anyway. */
export function writeInventory(layout: Layout, seen: Inventory): Result<void, Problem> {
  const file = { path: layout.inventory, text: `${JSON.stringify(seen)}\n` };
  return tryFs("write the inventory of the GPUs", () => {
    const [error = null] = replaceFiles([file], layout.tmp, { isSynced: false });
    if (error !== null) throw error;
  });
}

/** The inventory that the supervisor published within the last 30 s; null for none. */
export function readInventory(layout: Layout, nowMs: number): Inventory | null {
  const seen = lastInventory(layout);
  return seen !== null && Math.abs(nowMs - Date.parse(seen.at)) < MAX_AGE_MS ? seen : null;
}

/** The inventory that a supervisor plans with, however old: it rarely writes one while nothing changes. `since` is its start. */
export function inventoryOf(layout: Layout, { since }: { readonly since: string }): Inventory | null {
  const seen = lastInventory(layout);
  return seen !== null && Date.parse(seen.at) >= Date.parse(since) ? seen : null;
}

function lastInventory(layout: Layout): Inventory | null {
  const read = tryFs("read the inventory of the GPUs", () => readFileSync(layout.inventory, "utf8"));
  return read.ok ? parseJson(inventory, read.value) : null;
}
