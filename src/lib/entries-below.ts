import { type Dirent, readdirSync } from "node:fs";
import { join } from "node:path";
import { errnoOf } from "./errno.ts";

export interface EntryBelow {
  readonly name: string;
  /** Relative to the folder. */
  readonly path: string;
  readonly type: "file" | "link" | "folder" | "other";
}

type OnRefused = (path: string, errno: string) => void;

/**
 * What a folder holds at any depth, in the order of the paths; links are not followed. `onRefused` is told of each folder that cannot be
 * read.
 */
export function* entriesBelow(
  folder: string,
  how: { readonly onRefused: OnRefused },
  below = "",
): Generator<EntryBelow> {
  for (const entry of entriesIn(folder, below, how.onRefused)) {
    yield entry;
    if (entry.type === "folder") yield* entriesBelow(folder, how, entry.path);
  }
}

/** What one folder below another holds, in the order of the names. */
export function entriesIn(folder: string, below: string, onRefused: OnRefused): EntryBelow[] {
  try {
    const entries = readdirSync(join(folder, below), { withFileTypes: true });
    return entries
      .map((entry) => ({ name: entry.name, path: join(below, entry.name), type: typeOf(entry) }))
      .toSorted((left, right) => (left.name < right.name ? -1 : 1));
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === null) throw error;
    onRefused(below, errno);
    return [];
  }
}

function typeOf(entry: Dirent): EntryBelow["type"] {
  if (entry.isFile()) return "file";
  if (entry.isSymbolicLink()) return "link";
  return entry.isDirectory() ? "folder" : "other";
}
