import { type Dirent, readdirSync } from "node:fs";
import { join, relative, sep } from "node:path";
import type { Measure } from "../../model/measure.ts";
import { inDamagedFolder } from "../records.ts";
import { scalarsIn } from "./scalars.ts";

const NAME = /\btfevents\b/;
/** More of a job's folders is not searched. */
const MAX_DEPTH = 6;
const MAX_ENTRIES = 2_000;
const MAX_FILES = 64;

/** The last values of the scalars that TensorBoard would show of a folder, by the names of their runs and their tags: `val/loss`. */
export function scalarsUnder(folder: string, without: readonly string[] = []): Record<string, Measure> {
  const files = eventFilesIn(folder, without);
  const common = commonOf(files.map(({ parts }) => parts));
  const found = new Map<string, Measure>();
  // In the order of their names, which begin with the time: the file of a later run of the program goes before.
  for (const { path, parts } of files.toSorted((left, right) => (left.path < right.path ? -1 : 1))) {
    const run = parts.slice(common);
    for (const [tag, { value }] of scalarsIn(path)) found.set([...run, tag].join("/"), value);
  }
  return Object.fromEntries(found);
}

interface EventFile {
  readonly path: string;
  /** The folders that it is in, from the folder that was searched. */
  readonly parts: readonly string[];
}

function eventFilesIn(folder: string, without: readonly string[]): EventFile[] {
  const files: EventFile[] = [];
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
      if (entry.isFile() && NAME.test(entry.name))
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

/** How many folders all files have in common. */
function commonOf([first = [], ...others]: readonly (readonly string[])[]): number {
  const differs = first.findIndex((part, index) => others.some((parts) => parts[index] !== part));
  return differs === -1 ? first.length : differs;
}
