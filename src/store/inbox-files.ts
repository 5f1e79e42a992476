import { existsSync, linkSync, lstatSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { basename, dirname, extname, join } from "node:path";
import { errnoOf } from "../lib/errno.ts";
import { failpoint } from "../lib/failpoint.ts";
import type { Steps } from "../lib/steps.ts";
import { syncDirectory } from "../lib/sync-directory.ts";
import { createFile } from "./durable.ts";
import { isMissing, namesOrNone } from "./fs-errors.ts";
import { REASON_ENDING, type Shelf, shelfOf } from "./layout.ts";

const STAGED_REASON = ".reason.tmp";

/** The batch's name comes first: after a crash it tells whether the file was accepted. */
const TAKEN_NAME = /^([0-9a-f-]{36})-(.+)$/;

/**
 * Claims an inbox file for a batch by a rename. Returns its new path; null where it is gone. `raw` is the file's real name in bytes,
 * where it is not UTF-8 and `file` only resembles it.
 */
export function takeFile(
  inbox: string,
  {
    file,
    batch,
    raw,
  }: { readonly file: string; readonly batch: string; readonly raw?: Uint8Array | undefined },
): string | null {
  const taken = join(madeShelf(inbox, ".taking"), `${batch}-${file}`);
  const path = raw === undefined ? join(inbox, file) : Buffer.concat([Buffer.from(join(inbox, "/")), raw]);
  if (isMissing(() => renameSync(path, taken))) return null;
  failpoint("inbox:taken");
  return taken;
}

/**
 * Moves claimed files to `.accepted/`, one file per step; may be repeated. At the end both folders are synced, also those that a call
 * before a crash has changed: once the note of the batch is gone, a file that a power cut restores in `.taking/` would be queued again.
 */
export function* filingAccepted(taken: readonly string[]): Steps<void> {
  const shelves = new Set<string>();
  for (const path of taken) {
    if (keep(path, ".accepted") !== null) rmSync(path, { force: true });
    shelves.add(madeShelf(placeOfTaken(path).inbox, ".accepted"));
    yield;
  }
  for (const directory of shelves) syncDirectory(directory);
  syncTaken(taken);
}

/**
 * Makes claims of inbox files durable. An inbox may be on a file system of its own, which no sync of the home reaches: once tasks are
 * accepted, a power cut must not restore their files.
 */
export function syncTaken(taken: readonly string[]): void {
  for (const directory of new Set(taken.map((path) => dirname(path))))
    if (existsSync(directory)) syncDirectory(directory);
}

/** Moves a claimed file to `.rejected/`, with the reason beside it. Returns the path of the reason. */
export function fileRejected(taken: string, reason: string): string {
  const { inbox, file } = placeOfTaken(taken);
  const kept = keep(taken, ".rejected") ?? join(madeShelf(inbox, ".rejected"), file);
  const told = `${kept}${REASON_ENDING}`;
  // Renamed into place, so that a reader sees all of it. No rejected file has the staged name, and only the lock owner stages.
  const staged = join(dirname(kept), STAGED_REASON);
  rmSync(staged, { force: true });
  createFile(staged, reason);
  failpoint("inbox:reason-staged");
  renameSync(staged, told);
  failpoint("inbox:told");
  // Last: after a crash, a file that is still claimed is read and refused again, so that none is kept without its reason.
  rmSync(taken, { force: true });
  syncDirectory(dirname(kept));
  return told;
}

/** Moves a claimed file back to its inbox, to be read again. */
export function putBack(taken: string): void {
  const { inbox, file } = placeOfTaken(taken);
  const target = freeName(inbox, file, taken);
  isMissing(() => renameSync(taken, target));
  failpoint("inbox:put-back");
}

/** The files that are claimed, and neither accepted nor refused. */
export function takenFiles(inbox: string): string[] {
  const directory = shelfOf(inbox, ".taking");
  return namesOrNone(directory)
    .filter((name) => TAKEN_NAME.test(name))
    .map((name) => join(directory, name));
}

/** Links a claimed file into a shelf; returns the new path, null where the file is gone. */
function keep(taken: string, where: Shelf): string | null {
  const { inbox, file } = placeOfTaken(taken);
  const directory = madeShelf(inbox, where);
  for (;;) {
    const target = freeName(directory, file, taken);
    // A crash came before its other name was removed.
    if (isSameFile(taken, target)) return target;
    try {
      linkSync(taken, target);
    } catch (error) {
      if (errnoOf(error) === "ENOENT") return null;
      if (errnoOf(error) === "EEXIST") continue;
      // A file system without hard links: no process but the lock owner writes here.
      renameSync(taken, target);
    }
    failpoint("inbox:filed");
    return target;
  }
}

function placeOfTaken(taken: string): { inbox: string; file: string } {
  const name = basename(taken);
  return { inbox: dirname(dirname(taken)), file: TAKEN_NAME.exec(name)?.[2] ?? name };
}

/** The first of `job.yaml`, `job.2.yaml`, `job.3.yaml` … that is free or is the file itself. */
function freeName(directory: string, file: string, itself: string): string {
  const ending = extname(file);
  const stem = basename(file, ending);
  for (let count = 1; ; count += 1) {
    const candidate = join(directory, count === 1 ? file : `${stem}.${count}${ending}`);
    if (!existsSync(candidate) || isSameFile(candidate, itself)) return candidate;
  }
}

function isSameFile(left: string, right: string): boolean {
  const [a, b] = [left, right].map((path) => lstatSync(path, { throwIfNoEntry: false }));
  return a !== undefined && b !== undefined && a.ino === b.ino && a.dev === b.dev;
}

function madeShelf(inbox: string, shelf: Shelf): string {
  const directory = shelfOf(inbox, shelf);
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  return directory;
}
