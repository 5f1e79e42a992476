import type { Command } from "commander";
import { openHome } from "../../store/home.ts";
import { durationFlag } from "../flags.ts";
import { homePath } from "../home.ts";
import { performAndTell } from "../targets.ts";
import type { Invocation } from "../verbs.ts";

interface Flags {
  readonly olderThan: string;
  readonly deadLetter?: true;
  readonly dryRun?: true;
  readonly json?: true;
}

export function declare(command: Command, { context, end }: Invocation): void {
  command
    .option("--older-than <duration>", "ended longer ago than this", "7d")
    .option("--dead-letter", "those in dead-letter/ too")
    .option("--dry-run", "only tell what would be removed")
    .option("--json", "answers as JSON")
    .action(async (flags: Flags) => {
      const home = openHome(homePath(context));
      if (!home.ok) return end(home.error);
      const olderThan = durationFlag("older-than", flags.olderThan);
      if (!olderThan.ok) return end(olderThan.error);
      const { deadLetter = false, dryRun = false } = flags;
      const operation = { verb: "clean", olderThanMs: olderThan.value, deadLetter, dryRun } as const;
      end(await performAndTell(context, home.value, { operation, json: flags.json === true }));
    });
}
