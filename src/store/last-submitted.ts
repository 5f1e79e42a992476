import { readRegularFile } from "../lib/regular-file.ts";
import { replaceFiles } from "./durable.ts";
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
  const file = { path: layout.lastSubmitted, text: `${JSON.stringify(known)}\n` };
  const [error = null] = replaceFiles([file], layout.tmp, { isSynced: false });
  if (error !== null) throw error;
}
