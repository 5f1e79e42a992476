import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from "node:fs";
import { basename, join } from "node:path";
import { errnoOf } from "../lib/errno.ts";
import { failpoint } from "../lib/failpoint.ts";
import { uuid } from "../lib/random.ts";

/** For the owner alone: records can hold what a command line holds. */
const PRIVATE = 0o600;

/**
 * Replaces a file whole: after a crash it is the old one or the new one. The content is on the disk when this
 * returns; the name is, once its directory was synced.
 */
export function replaceFile(path: string, text: string, tmp: string): void {
  const staged = join(tmp, `${basename(path)}.${uuid()}.tmp`);
  try {
    createFile(staged, text);
    failpoint("replace:staged");
    renameSync(staged, path);
  } catch (error) {
    rmSync(staged, { force: true });
    throw error;
  }
  failpoint("replace:renamed");
}

/** Makes a file that must not exist yet, its content on the disk when this returns; throws EEXIST otherwise. */
export function createFile(path: string, text: string): void {
  withFile(path, "wx", (file) => {
    writeWhole(file, text);
    fsyncSync(file);
  });
}

/**
 * The same for many files: all are written before the first is synced. The file system then brings most of them to the disk
 * together, where syncing one by one costs a commit of its journal for each.
 */
export function createFiles(files: readonly { readonly path: string; readonly text: string }[]): void {
  for (const { path, text } of files) withFile(path, "wx", (file) => writeWhole(file, text));
  // What was written through another descriptor is synced too (fsync(2)).
  for (const { path } of files) withFile(path, "r", fsyncSync);
}

/** Puts the names of a directory on the disk: what was created, renamed or removed in it. */
export function syncDirectory(path: string): void {
  withFile(path, "r", fsyncSync);
}

/** What the system says of a descriptor names no file: the path is added for the person who reads it. */
function withFile(path: string, flags: string, work: (file: number) => void): void {
  const file = openSync(path, flags, PRIVATE);
  try {
    work(file);
  } catch (error) {
    if (error instanceof Error && errnoOf(error) !== null) error.message += ` '${path}'`;
    throw error;
  } finally {
    closeSync(file);
  }
}

/** Writes all of a text at a file's position: a full disk may take a part of it before it says so. */
export function writeWhole(file: number, text: string): void {
  const bytes = Buffer.from(text);
  let written = 0;
  while (written < bytes.length) written += writeSync(file, bytes, written);
}
