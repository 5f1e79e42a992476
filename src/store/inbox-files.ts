import { existsSync, linkSync, lstatSync, mkdirSync, readdirSync, renameSync, rmSync } from "node:fs";
import { basename, dirname, extname, join } from "node:path";
import { errnoOf } from "../lib/errno.ts";
import { failpoint } from "../lib/failpoint.ts";
import type { Steps } from "../lib/steps.ts";
import { syncDirectory } from "../lib/sync-directory.ts";
import { createFile } from "./durable.ts";
import { isMissing } from "./fs-errors.ts";
import { REASON_ENDING, type Shelf, shelfOf } from "./layout.ts";

const STAGED_REASON = ".reason.tmp";

/** The batch's name stands before the file's, so that a crash can be told from an acceptance. */
const TAKEN_NAME = /^([0-9a-f-]{36})-(.+)$/;

/**
 * Takes a file out of its inbox on behalf of a batch; null where it is gone. Gives the path that it has now. `raw` is the name that
 * it really has, where `file` is only like it.
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
 * Puts taken files where accepted ones are kept, a file a step; harmless to do again. Afterwards both folders are on the disk, also where
 * a crash came between the two: once the note of the batch is gone, a file that a power cut gives back to `.taking/` is queued again.
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
 * Puts it on the disk which files are taken. An inbox on a file system of its own does not come to the disk with the home: from when
 * tasks are accepted, a power cut must not give their files back.
 */
export function syncTaken(taken: readonly string[]): void {
  for (const directory of new Set(taken.map((path) => dirname(path))))
    if (existsSync(directory)) syncDirectory(directory);
}

/** Puts a taken file where refused ones are kept, with the reason beside it. Gives the path of the reason. */
export function fileRejected(taken: string, reason: string): string {
  const { inbox, file } = placeOfTaken(taken);
  const kept = keep(taken, ".rejected") ?? join(madeShelf(inbox, ".rejected"), file);
  const told = `${kept}${REASON_ENDING}`;
  // Whoever sees the name sees all of the reason. No file that is kept here has the name of what is staged, and one holder stages.
  const staged = join(dirname(kept), STAGED_REASON);
  rmSync(staged, { force: true });
  createFile(staged, reason);
  failpoint("inbox:reason-staged");
  renameSync(staged, told);
  failpoint("inbox:told");
  // Last: a file that is still taken after a crash is read and refused again, so that none is kept without its reason.
  rmSync(taken, { force: true });
  syncDirectory(dirname(kept));
  return told;
}

/** Gives a taken file back to its inbox, to be read again. */
export function putBack(taken: string): void {
  const { inbox, file } = placeOfTaken(taken);
  const target = freeName(inbox, file, taken);
  isMissing(() => renameSync(taken, target));
  failpoint("inbox:put-back");
}

/** The files that were taken and neither accepted nor refused. */
export function takenFiles(inbox: string): string[] {
  const directory = shelfOf(inbox, ".taking");
  if (!existsSync(directory)) return [];
  return readdirSync(directory)
    .filter((name) => TAKEN_NAME.test(name))
    .map((name) => join(directory, name));
}

/** Gives a taken file its name on a shelf too; null where it is gone. */
function keep(taken: string, where: Shelf): string | null {
  const { inbox, file } = placeOfTaken(taken);
  const directory = madeShelf(inbox, where);
  for (;;) {
    const target = freeName(directory, file, taken);
    // A crash came before it lost its other name.
    if (isSameFile(taken, target)) return target;
    try {
      linkSync(taken, target);
    } catch (error) {
      if (errnoOf(error) === "ENOENT") return null;
      if (errnoOf(error) === "EEXIST") continue;
      // A file system without hard links: nobody but the lock's holder writes here.
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

/** `job.yaml`, `job.2.yaml`, `job.3.yaml` … whichever is free, or is the file itself. */
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
