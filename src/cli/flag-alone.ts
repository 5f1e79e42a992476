import type { Problem } from "../model/errors.ts";
import type { Verb } from "./command-line/declare.ts";
import { flagsIn } from "./command-line/parse.ts";
import { usage } from "./command-line/usage.ts";
import { verbNamed } from "./verbs.ts";
import { HINTS } from "./words-of-others.ts";

/**
 * The error for a flag in the place of a verb that `ls`, which stands for no verb, does not have: who typed it did not ask for a list.
 * Null where `ls` has it, or knows what to write instead.
 */
export function refuseFlagAlone(word: string, { flags, insteadOf }: Verb): Problem | null {
  const isOfList = [...flagsIn(word, flags)].every(({ key }) => key !== null);
  if (isOfList || insteadOf?.(word, null)) return null;
  const [name = ""] = word.replace(/^-+/, "").split("=");
  return usage(`stint has no flag "${word}"`, hintFor(name));
}

function hintFor(name: string): string {
  if (["v", "ver"].includes(name)) return "the version: stint --version, or stint -V";
  if (verbNamed(name) !== null) return `a verb has no dashes: stint ${name}`;
  return HINTS.get(name) ?? "the verbs: stint --help; without a verb, stint lists the queue: stint ls --help";
}
