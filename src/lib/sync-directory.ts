import { closeSync, fsyncSync, openSync } from "node:fs";
import { errnoOf } from "./errno.ts";

/** Puts the names of a directory on the disk: what was created, renamed or removed in it. */
export function syncDirectory(path: string): void {
  const directory = openSync(path, "r");
  try {
    fsyncSync(directory);
  } catch (error) {
    throw error instanceof Error ? withPath(error, path) : error;
  } finally {
    closeSync(directory);
  }
}

/** What the system says of a descriptor names no file: the path is added for the person who reads it. */
export function withPath(error: Error, path: string): Error {
  const isSilent = errnoOf(error) !== null && !error.message.includes(path);
  if (isSilent) error.message += ` '${path}'`;
  return error;
}
