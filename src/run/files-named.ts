import { type Dirent, readdirSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { inDamagedFolder } from "./records.ts";

/** More of a job's folders is not searched. */
const MAX_DEPTH = 6;
const MAX_ENTRIES = 2_000;
const MAX_FILES = 64;

export interface FoundFile {
  readonly path: string;
  /** The folders that it is in, from the folder that was searched. */
  readonly parts: readonly string[];
}

/** The files below a folder whose name matches, but not those in some of its own folders; links are not followed. */
export function filesNamed(folder: string, name: RegExp, without: readonly string[] = []): FoundFile[] {
  const files: FoundFile[] = [];
  const folders = [{ path: folder, depth: 0 }];
  let entries = 0;
  for (const { path, depth } of folders) {
    const listed = inDamagedFolder(() => readdirSync(path, { withFileTypes: true }), [] as Dirent[]);
    for (const entry of listed) {
      entries += 1;
      if (entries > MAX_ENTRIES || files.length >= MAX_FILES) return files;
      const below = join(path, entry.name);
      if (entry.isDirectory() && depth < MAX_DEPTH && !(depth === 0 && without.includes(entry.name)))
        folders.push({ path: below, depth: depth + 1 });
      if (entry.isFile() && name.test(entry.name))
        files.push({
          path: below,
          parts: relative(folder, path)
            .split(sep)
            .filter((part) => part !== ""),
        });
    }
  }
  return files;
}
