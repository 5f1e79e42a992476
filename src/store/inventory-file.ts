import { textOf } from "../lib/file-text.ts";
import type { Result } from "../lib/result.ts";
import { parseJson } from "../model/check.ts";
import { type Inventory, inventory } from "../model/device.ts";
import type { Problem } from "../model/errors.ts";
import { replaceUnsynced } from "./durable.ts";
import { tryFs } from "./fs-errors.ts";
import type { Layout } from "./layout.ts";

/** An older inventory is stale: its supervisor has ended, or hangs. */
const MAX_AGE_MS = 30_000;

/** Publishes the supervisor's last probe of the devices, for other processes. Not synced: after a crash it is stale anyway. */
export function writeInventory(layout: Layout, seen: Inventory): Result<void, Problem> {
  return tryFs("write the inventory of the GPUs", () =>
    replaceUnsynced(layout.inventory, `${JSON.stringify(seen)}\n`, layout.tmp),
  );
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

/** The last inventory that was published, however old. */
export function lastInventory(layout: Layout): Inventory | null {
  return parseJson(inventory, textOf(layout.inventory) ?? "");
}
