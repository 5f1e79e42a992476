import { EXIT } from "../../model/errors.ts";
import { declareSubcommand, type VerbGroup } from "../command-line/declare.ts";
import { COMPLETION_SCRIPTS } from "../completion/script.ts";

const scripts = Object.entries(COMPLETION_SCRIPTS).map(([shell, script]) => {
  const subcommand = declareSubcommand(`the script for ${shell}`, {
    flags: {},
    run: ({ context }) => {
      context.out(script);
      return EXIT.done;
    },
  });
  return [shell, subcommand] as const;
});

export const verb: VerbGroup = {
  subcommands: Object.fromEntries(scripts),
  notes:
    "bash: source <(stint completion bash)   zsh: source <(stint completion zsh)   fish: stint completion fish | source",
};
