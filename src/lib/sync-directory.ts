import { closeSync, fsyncSync, openSync } from "node:fs";
import { errnoOf } from "./errno.ts";

/** Makes creations, renames and removals in a directory durable (fsync(2) of the directory). */
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

/** Adds the path to an error of a call on a descriptor, which names no file. */
export function withPath(error: Error, path: string): Error {
  const isSilent = errnoOf(error) !== null && !error.message.includes(path);
  if (isSilent) error.message += ` '${path}'`;
  return error;
}
