import { subcommandNamed, type Verb, type VerbGroup } from "../command-line/declare.ts";
import { groupHelp, verbHelp } from "../command-line/help.ts";
import type { VERBS } from "../verbs.ts";

/** The help of a verb; of one of its subcommands where a word of the command line names it. */
export function helpOf(
  name: string,
  {
    listed,
    verb,
    words,
    columns,
  }: {
    readonly listed: (typeof VERBS)[string];
    readonly verb: Verb | VerbGroup;
    readonly words: readonly string[];
    readonly columns: number;
  },
): string {
  const { summary, aliases = [], withFlags = {} } = listed;
  const standing = Object.entries(withFlags).map(([word, flags]) => `${word} (${flags.join(" ")})`);
  const about = { summary, aliases: [...aliases, ...standing], columns };
  if (!("subcommands" in verb)) return verbHelp(name, verb, about);
  const found = words.map((word) => subcommandNamed(verb, word)).find((one) => one !== null);
  return found === undefined
    ? groupHelp(name, verb, about)
    : verbHelp(`${name} ${found.name}`, found.subcommand, {
        ...about,
        summary: found.subcommand.summary,
        aliases: Object.entries(verb.aliases ?? {}).flatMap(([other, of]) =>
          of === found.name ? [other] : [],
        ),
      });
}
