import { own } from "../../lib/own.ts";
import type { Verb, VerbGroup } from "./declare.ts";
import { long } from "./usage.ts";

/** What a shell may complete: words with their meanings, and whether a task of the queue is valid there too. */
export interface Candidates {
  readonly words: readonly (readonly [word: string, meaning: string])[];
  readonly tasks: boolean;
}

/** What can follow the words that were typed after a verb. */
export function candidatesAfter(verb: Verb | VerbGroup, typed: readonly string[]): Candidates {
  if ("subcommands" in verb) {
    const [name, ...rest] = typed;
    const subcommand = name === undefined ? undefined : own(verb.subcommands, name);
    if (subcommand !== undefined) return candidatesAfter(subcommand, rest);
    const shown = Object.entries(verb.subcommands).filter(([, { hidden }]) => hidden !== true);
    return { words: shown.map(([called, { summary }]) => [called, summary]), tasks: false };
  }
  const { flags, operands = [], takesCommand } = verb;
  if (takesCommand && typed.includes("--")) return { words: [], tasks: false };
  const last = typed.at(-1) ?? "";
  const [, awaited] =
    Object.entries(flags).find(([key, { short }]) => last === long(key) || last === `-${short}`) ?? [];
  // After a flag that needs a value, only its values.
  if (awaited?.value !== undefined) {
    const { choices = [], completes } = awaited.value;
    return { words: choices.map((choice) => [choice, ""]), tasks: completes === "tasks" };
  }
  const shown = Object.entries(flags).filter(([, { hidden }]) => hidden !== true);
  const choices = operands.flatMap((operand) => operand.choices ?? []);
  return {
    words: [
      ...choices.map((choice) => [choice, ""] as const),
      ...operands.flatMap(({ offers = [] }) => offers),
      ...shown.map(([key, { help }]) => [long(key), help] as const),
    ],
    tasks: operands.some(({ completes }) => completes === "tasks"),
  };
}
