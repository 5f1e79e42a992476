import { accessSync, constants, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { uuid } from "../lib/random.ts";
import { syncDirectory } from "../lib/sync-directory.ts";
import type { Problem } from "../model/errors.ts";
import { replaceFile } from "./durable.ts";
import { isMissing, tryFs } from "./fs-errors.ts";
import type { Layout } from "./layout.ts";

/** The access that making, renaming and removing files of a folder takes. */
const WRITABLE = constants.W_OK | constants.X_OK;

/** Throws the error of the system where runs/ cannot be written. */
export function requireRoomForJobs(layout: Layout): void {
  accessSync(layout.runs, WRITABLE);
}

/** Tries the writes of a commit, and write access to every folder of the home; returns what the system refuses, null for nothing. */
export function probeHome(layout: Layout): Problem | null {
  const path = join(layout.tmp, `probe.${uuid()}`);
  const probed = tryFs("write to the home", () => {
    replaceFile(path, " ".repeat(4_096), layout.tmp);
    rmSync(path);
    syncDirectory(layout.tmp);
    for (const folder of layout.directories()) {
      // A folder that was removed by hand is made again, as at a start.
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      accessSync(folder, WRITABLE);
    }
    isMissing(() => accessSync(layout.numbers, WRITABLE));
  });
  return probed.ok ? null : probed.error;
}
