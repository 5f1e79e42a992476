import { linkSync, rmSync } from "node:fs";
import { dirname } from "node:path";
import { syncDirectory } from "../lib/sync-directory.ts";
import { type FileText, stageFiles } from "./durable.ts";

/** A file to be made, and a folder of the same file system for its first version. */
export interface NewFile extends FileText {
  readonly tmp: string;
}

/**
 * Makes all of the files or, where it throws, none of them; throws EEXIST for one that exists. Each appears whole, and all are durable
 * when this returns. A crash may leave the first ones.
 */
export function createAll(files: readonly NewFile[]): void {
  const staged: string[] = [];
  const made: string[] = [];
  try {
    for (const { path, text, tmp } of files) {
      const [one = { path: "", error: null }] = stageFiles([{ path, text }], tmp, { isSynced: true });
      staged.push(one.path);
      if (one.error !== null) throw one.error;
    }
    for (const [index, { path }] of files.entries()) {
      // link(2), unlike rename(2), replaces nothing.
      linkSync(staged[index] ?? "", path);
      made.push(path);
    }
    for (const folder of new Set(files.map(({ path }) => dirname(path)))) syncDirectory(folder);
  } catch (error) {
    for (const path of made) rmSync(path, { force: true });
    throw error;
  } finally {
    for (const path of staged) rmSync(path, { force: true });
  }
}
