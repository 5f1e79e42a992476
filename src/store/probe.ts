import { accessSync, constants, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { uuid } from "../lib/random.ts";
import { syncDirectory } from "../lib/sync-directory.ts";
import type { Problem } from "../model/errors.ts";
import { replaceFile } from "./durable.ts";
import { isMissing, tryFs } from "./fs-errors.ts";
import type { Layout } from "./layout.ts";

/** What it takes to make, move and remove files of a folder. */
const WRITABLE = constants.W_OK | constants.X_OK;

/** Throws what the system says where the folders of jobs cannot be made. */
export function requireRoomForJobs(layout: Layout): void {
  accessSync(layout.runs, WRITABLE);
}

/** Tries what a change does to the disk, and whether every folder of the home may be written; gives what the system says to that. */
export function probeHome(layout: Layout): Problem | null {
  const path = join(layout.tmp, `probe.${uuid()}`);
  const probed = tryFs("write to the home", () => {
    replaceFile(path, " ".repeat(4_096), layout.tmp);
    rmSync(path);
    syncDirectory(layout.tmp);
    for (const folder of layout.directories()) {
      // One that somebody removed is made again, as at a start.
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      accessSync(folder, WRITABLE);
    }
    isMissing(() => accessSync(layout.numbers, WRITABLE));
  });
  return probed.ok ? null : probed.error;
}
