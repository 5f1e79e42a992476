import { shellWord } from "../lib/shell-text.ts";

const TASK_FILE = /\.(ya?ml|json)$|^-$/i;
const SCRIPT = /\.(py|sh|bash)$/i;

/** True for the text of a script under its name; a task file may begin with `#!` too. */
export function isScript(file: string, text: string): boolean {
  return !TASK_FILE.test(file) && (SCRIPT.test(file) || text.startsWith("#!"));
}

/** The words that run a script, by the ending of its name. */
export function scriptRunner(file: string): string {
  if (/\.py$/i.test(file)) return "python3 ";
  if (/\.(ba)?sh$/i.test(file)) return "bash ";
  return file.includes("/") ? "" : "./";
}

export function queueScript(file: string): string {
  return `to queue it: stint submit -- ${scriptRunner(file)}${shellWord(file)}`;
}
