import { accessSync, constants, rmSync, statfsSync, writeFileSync } from "node:fs";
import { textOf } from "../lib/file-text.ts";
import { parseJson } from "../model/check.ts";
import { type DiskFault, diskFault } from "../model/owner.ts";
import { tryFs } from "./fs-errors.ts";
import type { Layout } from "./layout.ts";
import { lockOwner } from "./lock-owner.ts";

/** A record and its staged version need this much. */
const MIN_FREE_BYTES = 16 * 1_024;

/** Publishes why the supervisor cannot write, for readers, as far as the disk allows it; null removes the note. */
export function publishDiskFault(layout: Layout, of: DiskFault | null): void {
  tryFs("publish the disk fault", () => {
    if (of === null) rmSync(layout.obstacle, { force: true });
    else writeFileSync(layout.obstacle, `${JSON.stringify(of)}\n`, { mode: 0o600 });
  });
}

/** Why nothing new starts, as far as a reader can see without writing; null for no known reason. */
export function readDiskFault(layout: Layout): string | null {
  const { bavail, bsize } = statfsSync(layout.home);
  if (bavail * bsize < MIN_FREE_BYTES) return "The disk of the home is full";
  // On a read-only file system the supervisor cannot leave a note.
  const access = tryFs("write to the home", () => accessSync(layout.tmp, constants.W_OK));
  return access.ok ? diskFaultOf(layout) : access.error.message;
}

/** The disk fault that a live supervisor has published; null for none. */
export function diskFaultOf(layout: Layout): string | null {
  return noted(layout)?.message ?? null;
}

/** The accepted batches that a live supervisor cannot publish (of some, the ids of the tasks it cannot), each with the reason. */
export function stuckBatchesOf(
  layout: Layout,
): readonly { readonly batch: string; readonly message: string }[] {
  return noted(layout)?.stuck ?? [];
}

function noted(layout: Layout): DiskFault | null {
  const found = parseJson(diskFault, textOf(layout.obstacle) ?? "");
  return found !== null && found.owner === lockOwner(layout)?.token ? found : null;
}
