import { renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { uuid } from "../lib/random.ts";
import { readRegularFile } from "../lib/regular-file.ts";
import type { Layout } from "./layout.ts";

/** `@~N` reaches this far back. */
const MAX_REMEMBERED = 1_000;

/** The numbers last submitted by hand, the newest last; empty where none is known. */
export function readLastSubmitted(layout: Layout): number[] {
  try {
    const data: unknown = JSON.parse(readRegularFile(layout.lastSubmitted));
    return Array.isArray(data) ? data.filter((entry) => typeof entry === "number") : [];
  } catch {
    return [];
  }
}

/**
 * Remembers numbers for `@`. They are not synced, alone of all that is kept: a power cut may cost what `@` means, and no
 * task; whoever submits does not wait for the disk on its account.
 */
export function rememberSubmitted(layout: Layout, numbers: readonly number[]): void {
  const known = [...readLastSubmitted(layout), ...numbers].slice(-MAX_REMEMBERED);
  const staged = join(layout.tmp, `last-submitted.json.${uuid()}.tmp`);
  try {
    writeFileSync(staged, `${JSON.stringify(known)}\n`, { flag: "wx", mode: 0o600 });
    renameSync(staged, layout.lastSubmitted);
  } catch (error) {
    // On a full disk, what was staged in vain is a part of the trouble.
    rmSync(staged, { force: true });
    throw error;
  }
}
