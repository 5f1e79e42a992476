import { failpoint } from "../lib/failpoint.ts";
import { readRegularFile } from "../lib/regular-file.ts";
import { err, ok, type Result } from "../lib/result.ts";
import { check, jsonIn, parseJson } from "../model/check.ts";
import { type Problem, problem } from "../model/errors.ts";
import { type Applied, applied, NO_OVERRIDES, type Overrides, overrides } from "../model/overrides.ts";
import { replaceFiles, replaceSynced } from "./durable.ts";
import { isMissing, tryFs } from "./fs-errors.ts";
import type { Layout } from "./layout.ts";
import { quarantine } from "./quarantine.ts";

/*
 * The two files of what was changed at run time.
 *
 * overrides.json is what users asked for. Only the owner of the lock writes it, durably and by one rename, before the change takes effect:
 * a crash leaves the old changes or the new ones.
 * applied.json is what the owner of the lock applies, for readers. It counts only while its owner has the lock, so it is not synced. Its
 * copy of the overrides is also the last good one where overrides.json is damaged, so a command that changes them writes it too.
 */

/** What was changed at run time; an error where the file is damaged, or the system refuses to read it. */
export function readOverrides(layout: Layout): Result<Overrides, Problem> {
  const read = tryFs("read the changes made at run time", () => {
    let text = "";
    return isMissing(() => (text = readRegularFile(layout.overrides))) ? null : text;
  });
  if (!read.ok) return read;
  if (read.value === null) return ok(NO_OVERRIDES);
  const data = jsonIn(read.value);
  const found = check(overrides, data);
  if (found.ok) return ok(found.value);
  const reason = data === undefined ? "it is no JSON" : found.error;
  const message = `Cannot use "${layout.overrides}": it is damaged: ${reason}`;
  return err(problem("RECORD_CORRUPT", message, "see what applies: stint jobs"));
}

/** Writes what was changed at run time; durable when this returns. Only for the owner of the lock. Throws what the system refuses. */
export function writeOverrides(layout: Layout, changed: Overrides): void {
  failpoint("overrides:changing");
  replaceSynced(layout.overrides, `${JSON.stringify(changed)}\n`, layout.tmp);
  failpoint("overrides:changed");
}

/** Overrides in place of those that cannot be read. */
export interface Substitute {
  readonly problem: Problem;
  /** What the next owner of the lock applies. */
  readonly overrides: Overrides;
  /** The problem, and what is used, in a line. */
  readonly says: string;
}

/** What was changed at run time, or what the next owner of the lock uses in its place. */
export function overridesOrSubstitute(layout: Layout): Result<Overrides, Substitute> {
  const read = readOverrides(layout);
  if (read.ok) return read;
  const kept = lastApplied(layout)?.overrides ?? null;
  const use =
    kept === null
      ? "nothing is known of earlier changes, so the queue is not paused and has no limits of stint jobs"
      : "the changes that were applied last are used";
  return err({
    problem: read.error,
    overrides: kept ?? NO_OVERRIDES,
    says: `${read.error.message}; ${use}`,
  });
}

/**
 * The overrides for a new owner of the lock. A damaged file is put aside, and what its last owner applied is written again; so a crash or
 * a bad disk does not resume a paused queue. `findings` says what was wrong.
 */
export function recoverOverrides(layout: Layout, findings: string[]): Overrides {
  const read = overridesOrSubstitute(layout);
  if (read.ok) return read.value;
  const { problem: fault, overrides: kept, says } = read.error;
  findings.push(says);
  if (fault.code !== "RECORD_CORRUPT") return kept;
  const repaired = tryFs("put a damaged file aside", () => {
    const { path, what } = quarantine(layout.overrides, "it is damaged");
    findings.push(`${path}: ${what}`);
    if (kept !== NO_OVERRIDES) writeOverrides(layout, kept);
  });
  if (!repaired.ok) findings.push(repaired.error.message);
  return kept;
}

/** Publishes what the owner of the lock applies; false where the disk refuses it. */
export function publishApplied(layout: Layout, what: Applied): boolean {
  const file = { path: layout.applied, text: `${JSON.stringify(what)}\n` };
  const published = tryFs("publish the limits", () => {
    const [error = null] = replaceFiles([file], layout.tmp, { isSynced: false });
    if (error !== null) throw error;
  });
  return published.ok;
}

/** What the owner of the lock with this token applies; null where it has not said so. */
export function appliedBy(layout: Layout, owner: string | null): Applied | null {
  const found = lastApplied(layout);
  return found?.owner === owner ? found : null;
}

function lastApplied(layout: Layout): Applied | null {
  const read = tryFs("read the limits", () => readRegularFile(layout.applied));
  return read.ok ? parseJson(applied, read.value) : null;
}
