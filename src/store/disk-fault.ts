import { accessSync, constants, readFileSync, rmSync, statfsSync, writeFileSync } from "node:fs";
import { parseJson } from "../model/check.ts";
import { type DiskFault, obstacle } from "../model/owner.ts";
import { tryFs } from "./fs-errors.ts";
import type { Layout } from "./layout.ts";
import { lockOwner } from "./lock-owner.ts";

/** Less than this is no room for a record and what is staged with it. */
const MIN_FREE_BYTES = 16 * 1_024;

/** Notes the holder's trouble for readers, as far as the disk lets it; null takes the note away. */
export function publishDiskFault(layout: Layout, of: DiskFault | null): void {
  tryFs("note the trouble", () => {
    if (of === null) rmSync(layout.obstacle, { force: true });
    else writeFileSync(layout.obstacle, `${JSON.stringify(of)}\n`, { mode: 0o600 });
  });
}

/** Why nothing new starts, as far as it can be seen without writing; null where nothing is known against it. */
export function readDiskFault(layout: Layout): string | null {
  const { bavail, bsize } = statfsSync(layout.home);
  if (bavail * bsize < MIN_FREE_BYTES) return "The disk of the home is full";
  // Of a file system that went read-only no holder can leave a note.
  const access = tryFs("write to the home", () => accessSync(layout.tmp, constants.W_OK));
  return access.ok ? diskFaultOf(layout) : access.error.message;
}

/** What the living holder says of the disk; null where it says nothing. */
export function diskFaultOf(layout: Layout): string | null {
  return noted(layout)?.message ?? null;
}

/** The accepted batches that the living holder cannot take in, and the tasks of others by their ids, and why. */
export function stuckBatchesOf(
  layout: Layout,
): readonly { readonly batch: string; readonly message: string }[] {
  return noted(layout)?.stuck ?? [];
}

function noted(layout: Layout): DiskFault | null {
  const read = tryFs("read the note", () => readFileSync(layout.obstacle, "utf8"));
  const found = read.ok ? parseJson(obstacle, read.value) : null;
  return found !== null && found.owner === lockOwner(layout)?.token ? found : null;
}
