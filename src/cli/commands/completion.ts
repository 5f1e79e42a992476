import { homePath } from "../../desk/home.ts";
import { EXIT } from "../../model/errors.ts";
import { numberOf } from "../../model/identity.ts";
import { openHome } from "../../store/home.ts";
import { allIds } from "../../store/reader.ts";
import { candidatesAfter } from "../command-line/candidates.ts";
import { declareSubcommand, type VerbGroup } from "../command-line/declare.ts";
import type { Context } from "../context.ts";
import { completionScript, SHELLS } from "../text/completion.ts";
import { VERBS, verbNamed } from "../verbs.ts";

/** Shells complete this many of the newest tasks. */
const MAX_TASKS = 50;

const scripts = SHELLS.map((shell) => {
  const subcommand = declareSubcommand(`the script for ${shell}`, {
    flags: {},
    run: ({ context }) => {
      context.out(completionScript(shell));
      return EXIT.done;
    },
  });
  return [shell, subcommand] as const;
});

/** Called by the scripts: prints one line for each candidate, with a tab before its meaning. */
const candidates = declareSubcommand("what can follow the words after --", {
  hidden: true,
  flags: {},
  operands: [{ name: "WORD", help: "a word that was typed after `stint`", count: "any" }],
  run: async ({ context, operands }) => {
    context.out((await candidateLines(context, operands)).map((line) => `${line}\n`).join(""));
    return EXIT.done;
  },
});

export const verb: VerbGroup = {
  subcommands: { ...Object.fromEntries(scripts), candidates },
  notes:
    "bash: source <(stint completion bash)   zsh: source <(stint completion zsh)   fish: stint completion fish | source",
};

async function candidateLines(
  context: Context,
  [typed, ...rest]: readonly string[],
): Promise<readonly string[]> {
  const found = typed === undefined ? null : verbNamed(typed);
  if (found === null)
    return Object.entries(VERBS).flatMap(([name, { summary, hidden }]) =>
      hidden ? [] : [`${name}\t${summary}`],
    );
  const { words, tasks } = candidatesAfter((await found.listed.load()).verb, rest);
  const lines = words.map(([word, meaning]) => `${word}\t${meaning}`);
  const home = tasks ? openHome(homePath(context)) : null;
  if (home === null || !home.ok) return lines;
  const ids = allIds(home.value).slice(-MAX_TASKS);
  return [...lines, ...ids.map((id) => `${numberOf(id)}\t${id}`).toReversed()];
}
