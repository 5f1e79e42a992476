import type { Command } from "commander";
import { parseDuration } from "../../lib/duration.ts";
import { problem } from "../../model/errors.ts";
import { openHome } from "../../store/home.ts";
import { homePath } from "../home.ts";
import { performAndTell } from "../targets.ts";
import type { Invocation } from "../verbs.ts";

interface Flags {
  readonly home?: string;
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
      const home = openHome(homePath(context, flags.home));
      if (!home.ok) return end(home.error);
      const olderThanMs = parseDuration(flags.olderThan);
      if (olderThanMs === null) {
        return end(
          problem("USAGE", `Cannot read --older-than "${flags.olderThan}": wanted a duration like 12h or 7d`),
        );
      }
      const { deadLetter = false, dryRun = false } = flags;
      const operation = { verb: "clean", olderThanMs, deadLetter, dryRun } as const;
      end(await performAndTell(context, home.value, { operation, json: flags.json === true }));
    });
}
