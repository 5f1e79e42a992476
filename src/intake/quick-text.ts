import { lstatSync } from "node:fs";
import { isDefinitionKey } from "./definition.ts";
import { isScript } from "./script/is-script.ts";
import { isSweepKey } from "./sweep/sweep.ts";
import { readTaskFile } from "./task-text.ts";
import type { Value } from "./value.ts";
import { readYaml } from "./yaml-text.ts";

/** Over a hundred tasks have room in it, and it is read in a few milliseconds; to start a process for it takes ten times as long. */
export const MAX_QUICK_BYTES = 2_048;

/** True for the text of tasks that is read in a few milliseconds: it is short, no sweep makes many tasks of it, and none may want a snapshot. */
export function isQuickText(text: string): boolean {
  if (text.length > MAX_QUICK_BYTES) return false;
  const documents = readYaml(text);
  return !documents.ok || !documents.value.values.some(holdsSlow);
}

/** The same of a file; one that cannot be read is refused as quickly. */
export function isQuickFile(path: string): boolean {
  const size = lstatSync(path, { throwIfNoEntry: false })?.size ?? 0;
  if (size > MAX_QUICK_BYTES) return false;
  const text = readTaskFile(path);
  // The array of a script is in its directives.
  return !text.ok || (isQuickText(text.value) && !isScript(path, text.value));
}

/** True also where a value only looks like a sweep or a snapshot: it is read elsewhere then, with the same result. */
function holdsSlow(value: Value): boolean {
  switch (value.type) {
    case "scalar":
      return false;
    case "list":
      return value.items.some(holdsSlow);
    case "mapping":
      return value.entries.some(
        (entry) =>
          isSweepKey(entry) || isDefinitionKey(entry) || entry.key === "code" || holdsSlow(entry.value),
      );
  }
}
