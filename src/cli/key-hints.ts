import { fieldNamed } from "../intake/key-names.ts";
import type { Problem } from "../model/errors.ts";
import { long, usage } from "./command-line/usage.ts";
import { TASK_FLAGS } from "./task-flags.ts";

/** The key that a flag of `submit` sets, from the flag as typed; null for another flag. */
function keyOfFlag(typed: string): string | null {
  for (const [name, { key = name, short, aliases = [] }] of Object.entries(TASK_FLAGS)) {
    const spelled = [long(name), ...aliases.map((alias) => `--${alias}`)];
    const isIt = spelled.includes(typed) || (short !== undefined && typed === `-${short}`);
    if (isIt) return fieldNamed(key) === null ? null : key;
  }
  return null;
}

/** The hint of a verb with `--set` for a flag that only `submit` has. */
export function setFlagInstead(typed: string, value: string | null): string | null {
  const key = keyOfFlag(typed);
  return key === null ? null : `use --set ${pairOf(key, value)}`;
}

/** The same for verbs without `--set`. */
export function setVerbInstead(typed: string, value: string | null): string | null {
  const key = keyOfFlag(typed);
  return key === null ? null : `use stint set TASK ${pairOf(key, value)}`;
}

/** A key and its value; of `inputs` and the like the name is part of the key: `-i lr=0.1` is `inputs.lr=0.1`. */
function pairOf(key: string, value: string | null): string {
  const hasNames = fieldNamed(key)?.field.isOpen === true;
  if (!hasNames) return `${key}=${value ?? "VALUE"}`;
  return `${key}.${value?.includes("=") === true ? value : `${value ?? "NAME"}=VALUE`}`;
}

/** The error for KEY=VALUE in the place of a task, which no task is called; null where there is none. */
export function pairAmongTasks(references: readonly string[], hasSet: boolean): Problem | null {
  const pair = references.find((word) => word.includes("="));
  if (pair === undefined) return null;
  const hint = hasSet ? `use --set ${pair}` : `to change a key of a task: stint set TASK ${pair}`;
  return usage(`"${pair}" is a key and its value, wanted a task`, hint);
}

/** A key and its value as two words, written as one; null where the words are no such pair. */
export function joinedPair(words: readonly string[]): string | null {
  const [key = "", value = ""] = words.slice(-2);
  const tasks = words.slice(0, -2);
  return words.length < 2 || fieldNamed(key) === null ? null : [...tasks, `${key}=${value}`].join(" ");
}
