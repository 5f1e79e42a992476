import type { Runtime } from "../../model/kind.ts";
import { isScriptName } from "../../model/script-name.ts";
import { directivesOf } from "./header.ts";

/** A task file may begin with `#!` too. */
const TASK_FILE = /\.(ya?ml|json)$/i;

/** `#!/usr/bin/env -S stint submit` makes a task file executable; as a script, it would queue itself again and again. */
const FOR_STINT = /^#!.*[\s/]stint(?:\s|$)/;

/** True for the text of a script under its name: by the name, by `#!` at its beginning, or by `#SBATCH` above its first command. */
export function isScript(name: string, text: string): boolean {
  if (TASK_FILE.test(name) || isForStint(text)) return false;
  return isScriptName(name) || text.startsWith("#!") || isBatchScript(text);
}

function isForStint(text: string): boolean {
  return FOR_STINT.test(text.split("\n", 1)[0] ?? "");
}

/** True for a script with directives of Slurm. */
export function isBatchScript(text: string): boolean {
  return directivesOf(text).some(({ word, isLate }) => word === "SBATCH" && !isLate);
}

/** The interpreter of a script without a `#!` line. */
export function runtimeOfName(name: string): Runtime {
  return /\.py$/i.test(name) ? "python" : "bash";
}
