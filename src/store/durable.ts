import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { failpoint } from "../lib/failpoint.ts";
import { uuid } from "../lib/random.ts";
import { syncDirectory, withPath } from "../lib/sync-directory.ts";

/** For the user alone: a record can hold a secret of a command line. */
const PRIVATE = 0o600;

/** A file and its content. */
export interface FileText {
  readonly path: string;
  readonly text: string;
}

/**
 * Replaces a file atomically: after a crash it is the old one or the new one. The content is durable when this returns; the name is
 * once its directory was synced.
 */
export function replaceFile(path: string, text: string, tmp: string): void {
  const error = replaceFiles([{ path, text }], tmp)[0] ?? null;
  if (error !== null) throw error;
}

/** The same without a sync: after a power cut the file may be the old one, empty or gone. */
export function replaceUnsynced(path: string, text: string, tmp: string): void {
  const error = replaceFiles([{ path, text }], tmp, { isSynced: false })[0] ?? null;
  if (error !== null) throw error;
}

/** The same as `replaceFile`, and syncs the directory. */
export function replaceSynced(path: string, text: string, tmp: string): void {
  replaceFile(path, text, tmp);
  syncDirectory(dirname(path));
}

/** Replaces many files, each for itself; returns for each null, or the error that left it as it was. */
export function replaceFiles(
  files: readonly FileText[],
  tmp: string,
  how = { isSynced: true },
): (Error | null)[] {
  const staged = stageFiles(files, tmp, how);
  return files.map(({ path }, index) => {
    const { path: from, error: refused } = staged[index] ?? { path: "", error: null };
    const rename = (): void => {
      failpoint("replace:staged");
      renameSync(from, path);
    };
    const error = refused ?? thrownBy(rename);
    if (error !== null) rmSync(from, { force: true });
    else failpoint("replace:renamed");
    return error;
  });
}

/** A file in `tmp/` that waits for its rename, or the error of its write. */
export interface Staged {
  readonly path: string;
  readonly error: Error | null;
}

/** Writes the next versions of files to `tmp/`; where synced, their contents are durable when this returns. */
export function stageFiles(
  files: readonly FileText[],
  tmp: string,
  how: { readonly isSynced: boolean },
): Staged[] {
  const staged = files.map(({ path, text }) => ({
    path: join(tmp, `${basename(path)}.${uuid()}.tmp`),
    text,
  }));
  const errors = writeAll(staged, how);
  return staged.map(({ path }, index) => ({ path, error: errors[index] ?? null }));
}

/** Makes a file, its content durable when this returns; throws EEXIST where it exists. */
export function createFile(path: string, text: string): void {
  createFiles([{ path, text }], { isSynced: true });
}

/** Makes files that must not exist yet; where it throws, some of them may have been made. */
export function createFiles(files: readonly FileText[], how: { readonly isSynced: boolean }): void {
  const error = writeAll(files, how).find((one) => one !== null) ?? null;
  if (error !== null) throw error;
}

/** Makes files; returns for each null or the error. */
function writeAll(
  files: readonly FileText[],
  { isSynced }: { readonly isSynced: boolean },
): (Error | null)[] {
  return files.map(({ path, text }) => {
    let file: number | null = null;
    const error = thrownBy(() => {
      file = openSync(path, "wx", PRIVATE);
      writeWhole(file, text);
      if (isSynced) fsyncSync(file);
    });
    if (file !== null) closeSync(file);
    return error === null ? null : withPath(error, path);
  });
}

function thrownBy(work: () => void): Error | null {
  try {
    work();
    return null;
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

/** Writes all of the content, at the file's own position or at another: on a full disk, write(2) may write only a part. */
export function writeWhole(file: number, content: string | Buffer, position: number | null = null): void {
  const bytes = typeof content === "string" ? Buffer.from(content) : content;
  let written = 0;
  while (written < bytes.length) {
    const at = position === null ? null : position + written;
    written += writeSync(file, bytes, written, bytes.length - written, at);
  }
}
