import { own } from "../../lib/own.ts";
import type { Verb, VerbGroup } from "../command-line/declare.ts";
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
  const called = words.find((word) => own(verb.subcommands, word) !== undefined) ?? "";
  const subcommand = own(verb.subcommands, called);
  return subcommand === undefined
    ? groupHelp(name, verb, about)
    : verbHelp(`${name} ${called}`, subcommand, { ...about, summary: subcommand.summary, aliases: [] });
}
