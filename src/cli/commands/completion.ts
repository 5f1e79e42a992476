import type { Command } from "commander";
import { own } from "../../lib/own.ts";
import { EXIT, problem } from "../../model/errors.ts";
import { numberOf } from "../../model/identity.ts";
import { openHome } from "../../store/home.ts";
import { allIds } from "../../store/reader.ts";
import { homePath } from "../home.ts";
import { completionScript, SHELLS } from "../text/completion.ts";
import { type Invocation, VERBS } from "../verbs.ts";

/** The shell is shown this many of the newest tasks. */
const MAX_TASKS = 50;

export function declare(command: Command, invocation: Invocation): void {
  const { context, end } = invocation;
  command
    .argument("<shell>", SHELLS.join(", "))
    .argument("[words...]")
    .addHelpText(
      "after",
      "\nbash: source <(stint completion bash)   zsh: source <(stint completion zsh)   fish: stint completion fish | source",
    )
    .action(async (shell: string, words: string[]) => {
      // What the scripts below call back for: the candidates, a line each, with a tab before the description.
      if (shell === "candidates") {
        context.out((await candidates(invocation, words[0])).map((line) => `${line}\n`).join(""));
        return end(EXIT.done);
      }
      const known = SHELLS.find((name) => name === shell);
      if (known === undefined) {
        return end(
          problem("USAGE", `Cannot complete for the shell "${shell}": wanted one of ${SHELLS.join(", ")}`),
        );
      }
      context.out(completionScript(known));
      end(EXIT.done);
    });
}

async function candidates({ context }: Invocation, verbName: string | undefined): Promise<string[]> {
  const verb = verbName === undefined ? undefined : own(VERBS, verbName);
  if (verb === undefined)
    return Object.entries(VERBS).flatMap(([name, { summary, hidden }]) =>
      hidden ? [] : [`${name}\t${summary}`],
    );
  const { Command: Declared } = await import("commander");
  const command = new Declared(verbName);
  (await verb.load()).declare(command, { context, words: null, end: () => {} });
  const flags = command.options.map((option) => `${option.long ?? option.short}\t${option.description}`);
  const takesTasks = command.registeredArguments.some((argument) => /^tasks?$/.test(argument.name()));
  const home = openHome(homePath(context));
  if (!takesTasks || !home.ok) return flags;
  const tasks = allIds(home.value)
    .slice(-MAX_TASKS)
    .map((id) => `${numberOf(id)}\t${id}`);
  return [...flags, ...tasks.toReversed()];
}
