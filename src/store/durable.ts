import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from "node:fs";
import { basename, join } from "node:path";
import { errnoOf } from "../lib/errno.ts";
import { failpoint } from "../lib/failpoint.ts";
import { uuid } from "../lib/random.ts";

/** For the owner alone: records can hold what a command line holds. */
const PRIVATE = 0o600;

/** A file and what is to be in it. */
export interface FileText {
  readonly path: string;
  readonly text: string;
}

/**
 * Replaces a file whole: after a crash it is the old one or the new one. The content is on the disk when this
 * returns; the name is, once its directory was synced.
 */
export function replaceFile(path: string, text: string, tmp: string): void {
  const error = replaceFiles([{ path, text }], tmp)[0] ?? null;
  if (error !== null) throw error;
}

/** Replaces many files, each for itself; gives for each null, or what was thrown and left it as it was. */
export function replaceFiles(files: readonly FileText[], tmp: string): (Error | null)[] {
  const staged = files.map(({ path, text }) => ({
    path: join(tmp, `${basename(path)}.${uuid()}.tmp`),
    text,
  }));
  const errors = writeAll(staged);
  return files.map(({ path }, index) => {
    const from = staged[index]?.path ?? "";
    const rename = (): void => {
      failpoint("replace:staged");
      renameSync(from, path);
    };
    const error = errors[index] ?? thrownBy(rename);
    if (error !== null) rmSync(from, { force: true });
    else failpoint("replace:renamed");
    return error;
  });
}

/** Makes a file that must not exist yet, its content on the disk when this returns; throws EEXIST otherwise. */
export function createFile(path: string, text: string): void {
  createFiles([{ path, text }]);
}

/** The same for many files; where one cannot be made, others may have been. */
export function createFiles(files: readonly FileText[]): void {
  const error = writeAll(files).find((one) => one !== null) ?? null;
  if (error !== null) throw error;
}

/** Files that are open at a time: far below what a process may have. */
const MAX_OPEN = 200;

/**
 * Makes files and puts their contents on the disk; gives for each null or what was thrown. All are written before the
 * first is synced: the file system then brings most of them to the disk together, where syncing one by one costs a
 * commit of its journal for each.
 */
function writeAll(files: readonly FileText[]): (Error | null)[] {
  const errors: (Error | null)[] = [];
  for (let first = 0; first < files.length; first += MAX_OPEN) {
    const opened = files.slice(first, first + MAX_OPEN).map(({ path, text }) => {
      let file: number | null = null;
      const error = thrownBy(() => {
        file = openSync(path, "wx", PRIVATE);
        writeWhole(file, text);
      });
      return { path, file, error };
    });
    for (const { path, file, error } of opened) {
      const refused = error ?? (file === null ? null : thrownBy(() => fsyncSync(file)));
      if (file !== null) closeSync(file);
      errors.push(refused === null ? null : withPath(refused, path));
    }
  }
  return errors;
}

function thrownBy(work: () => void): Error | null {
  try {
    work();
    return null;
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

/** What the system says of a descriptor names no file: the path is added for the person who reads it. */
function withPath(error: Error, path: string): Error {
  const isSilent = errnoOf(error) !== null && !error.message.includes(path);
  if (isSilent) error.message += ` '${path}'`;
  return error;
}

/** Puts the names of a directory on the disk: what was created, renamed or removed in it. */
export function syncDirectory(path: string): void {
  const directory = openSync(path, "r");
  const error = thrownBy(() => fsyncSync(directory));
  closeSync(directory);
  if (error !== null) throw withPath(error, path);
}

/** Writes all of a text at a file's position: a full disk may take a part of it before it says so. */
export function writeWhole(file: number, text: string): void {
  const bytes = Buffer.from(text);
  let written = 0;
  while (written < bytes.length) written += writeSync(file, bytes, written);
}
