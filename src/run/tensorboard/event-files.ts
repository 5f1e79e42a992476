import { statSync } from "node:fs";
import type { Measure } from "../../model/measure.ts";
import { filesNamed } from "../files-named.ts";
import { inDamagedFolder } from "../records.ts";
import { MAX_BYTES } from "./records.ts";
import { scalarsIn } from "./scalars.ts";

const NAME = /\btfevents\b/;

/**
 * The last values of the scalars that TensorBoard would show of a folder, by the names of their runs and their tags: `val/loss`. Tells of
 * each file that is too large to be read whole.
 */
export function scalarsUnder(
  folder: string,
  without: readonly string[] = [],
  tell: (sentence: string) => void = () => {},
): Record<string, Measure> {
  const files = filesNamed(folder, NAME, without);
  const common = commonOf(files.map(({ parts }) => parts));
  const found = new Map<string, Measure>();
  // In the order of their names, which begin with the time: the file of a later run of the program goes before.
  for (const { path, parts } of files.toSorted((left, right) => (left.path < right.path ? -1 : 1))) {
    const run = parts.slice(common);
    if (inDamagedFolder(() => statSync(path).size, 0) > MAX_BYTES)
      tell(`${path} is larger than 1 GiB, and only its first GiB was read`);
    for (const [tag, { value }] of scalarsIn(path)) found.set([...run, tag].join("/"), value);
  }
  return Object.fromEntries(found);
}

/** How many folders all files have in common. */
function commonOf([first = [], ...others]: readonly (readonly string[])[]): number {
  const differs = first.findIndex((part, index) => others.some((parts) => parts[index] !== part));
  return differs === -1 ? first.length : differs;
}
