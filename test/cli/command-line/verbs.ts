import type { Verb } from "../../../src/cli/command-line/declare.ts";
import { VERBS } from "../../../src/cli/verbs.ts";

/** Every verb and subcommand with its declaration, hidden ones too, by the words that call it. */
export async function allVerbs(): Promise<(readonly [string, Verb])[]> {
  const loaded = await Promise.all(
    Object.entries(VERBS).map(async ([name, { load }]) => [name, (await load()).verb] as const),
  );
  return loaded.flatMap(([name, verb]): (readonly [string, Verb])[] =>
    "subcommands" in verb
      ? Object.entries(verb.subcommands).map(([sub, subcommand]) => [`${name} ${sub}`, subcommand] as const)
      : [[name, verb] as const],
  );
}
