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
  // The bash of macOS reads nothing through `source <(…)`.
  notes: [
    "A line in the start-up file of your shell loads it:",
    '  eval "$(stint completion bash)"     # ~/.bashrc',
    "  source <(stint completion zsh)      # ~/.zshrc",
    "  stint completion fish | source      # ~/.config/fish/config.fish",
  ].join("\n"),
};
