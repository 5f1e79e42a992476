import { type Dirent, readdirSync } from "node:fs";
import { join } from "node:path";
import { errnoOf } from "./errno.ts";

export interface EntryBelow {
  /** Relative to the folder. */
  readonly path: string;
  readonly type: "file" | "link" | "folder" | "other";
}

/**
 * What a folder holds at any depth, in the order of the paths; links are not followed. `enters` tells which folders are looked into, and
 * `onRefused` is told of each that cannot be read.
 */
export function* entriesBelow(
  folder: string,
  how: {
    readonly enters?: (path: string) => boolean;
    readonly onRefused: (path: string, errno: string) => void;
  },
  below = "",
): Generator<EntryBelow> {
  for (const entry of entriesOf(join(folder, below), (errno) => how.onRefused(below, errno))) {
    const path = join(below, entry.name);
    const type = typeOf(entry);
    yield { path, type };
    if (type === "folder" && how.enters?.(path) !== false) yield* entriesBelow(folder, how, path);
  }
}

function entriesOf(folder: string, onRefused: (errno: string) => void): Dirent[] {
  try {
    const entries = readdirSync(folder, { withFileTypes: true });
    return entries.toSorted((left, right) => (left.name < right.name ? -1 : 1));
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === null) throw error;
    onRefused(errno);
    return [];
  }
}

function typeOf(entry: Dirent): EntryBelow["type"] {
  if (entry.isFile()) return "file";
  if (entry.isSymbolicLink()) return "link";
  return entry.isDirectory() ? "folder" : "other";
}
