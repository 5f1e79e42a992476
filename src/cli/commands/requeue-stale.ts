import type { Command } from "commander";
import { openHome } from "../../store/home.ts";
import { durationFlag } from "../flags.ts";
import { homePath } from "../home.ts";
import { performAndTell } from "../targets.ts";
import type { Invocation } from "../verbs.ts";

interface Flags {
  readonly olderThan: string;
  readonly json?: true;
}

export function declare(command: Command, { context, end }: Invocation): void {
  command
    .option("--older-than <duration>", "claimed longer ago than this", "0s")
    .option("--json", "answers as JSON")
    .addHelpText(
      "after",
      "\nOnly tasks whose process is provably gone are queued again; a supervisor does it by itself.",
    )
    .action(async (flags: Flags) => {
      const home = openHome(homePath(context));
      if (!home.ok) return end(home.error);
      const olderThan = durationFlag("older-than", flags.olderThan);
      if (!olderThan.ok) return end(olderThan.error);
      const operation = { verb: "requeueStale", olderThanMs: olderThan.value } as const;
      end(await performAndTell(context, home.value, { operation, json: flags.json === true }));
    });
}
