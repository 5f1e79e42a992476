import type { Command } from "commander";
import { formatBytes, parseBytes } from "../../lib/bytes.ts";
import { ok, type Result } from "../../lib/result.ts";
import { type Problem, problem } from "../../model/errors.ts";
import type { Answer, Operation } from "../../model/request.ts";
import { openHome } from "../../store/home.ts";
import { durationFlag } from "../flags.ts";
import { homePath } from "../home.ts";
import { performAndTell } from "../targets.ts";
import type { Invocation } from "../verbs.ts";

interface Flags {
  readonly olderThan?: string;
  readonly keep?: string;
  readonly maxBytes?: string;
  readonly logsOlderThan?: string;
  readonly deadLetter?: true;
  readonly artifacts?: true;
  readonly dryRun?: true;
  readonly quiet?: true;
  readonly json?: true;
}

const DEFAULT_AGE = "7d";

export function declare(command: Command, { context, end }: Invocation): void {
  command
    .option("--older-than <duration>", `ended longer ago than this (without another rule: ${DEFAULT_AGE})`)
    .option("--keep <n>", "all but the newest so many")
    .option("--max-bytes <size>", "the oldest, until their folders have at most so many bytes, like 50GB")
    .option("--logs-older-than <duration>", "only the logs of what ended longer ago than this")
    .option("--dead-letter", "those in dead-letter/ too")
    .option(
      "--artifacts",
      "with what the jobs made in their folders, and with checkpoints; these stay otherwise",
    )
    .option("--dry-run", "only tell what would be removed, and how much it is")
    .option("-q, --quiet", "say nothing of what was removed, as for cron")
    .option("--json", "answers as JSON")
    .addHelpText("after", "\nWhat an unended task, sweep or batch needs always stays.")
    .action(async (flags: Flags) => {
      const home = openHome(homePath(context));
      if (!home.ok) return end(home.error);
      const operation = operationOf(flags);
      if (!operation.ok) return end(operation.error);
      const isDry = flags.dryRun === true;
      const isQuiet = flags.quiet === true;
      const told = isQuiet ? { ...context, out: () => {} } : context;
      const isSummed = !isQuiet && (isDry || context.isTerminal);
      const options = {
        operation: operation.value,
        json: flags.json === true,
        ...(isSummed && { summary: (answers: readonly Answer[]) => summaryOf(answers, isDry) }),
      };
      end(await performAndTell(told, home.value, options));
    });
}

function operationOf(flags: Flags): Result<Operation, Problem> {
  const { deadLetter = false, artifacts = false, dryRun = false } = flags;
  const rules: { keep?: number; maxBytes?: number; logsOlderThanMs?: number; olderThanMs?: number } = {};
  if (flags.keep !== undefined) {
    if (!/^\d{1,9}$/.test(flags.keep))
      return usage(`Cannot use --keep "${flags.keep}": wanted a whole number, 0 for none`);
    rules.keep = Number(flags.keep);
  }
  if (flags.maxBytes !== undefined) {
    const bytes = parseBytes(flags.maxBytes);
    if (bytes === null) return usage(`Cannot read --max-bytes "${flags.maxBytes}": wanted a size like 50GB`);
    rules.maxBytes = bytes;
  }
  if (flags.logsOlderThan !== undefined) {
    const age = durationFlag("logs-older-than", flags.logsOlderThan);
    if (!age.ok) return age;
    rules.logsOlderThanMs = age.value;
  }
  if (flags.olderThan !== undefined || Object.keys(rules).length === 0) {
    const age = durationFlag("older-than", flags.olderThan ?? DEFAULT_AGE);
    if (!age.ok) return age;
    rules.olderThanMs = age.value;
  }
  return ok({ verb: "clean", deadLetter, artifacts, dryRun, ...rules });
}

function usage(message: string): Result<never, Problem> {
  return { ok: false, error: problem("USAGE", message) };
}

function summaryOf(answers: readonly Answer[], isDry: boolean): string {
  const removed = answers.filter(({ done }) => done !== undefined);
  const bytes = removed.reduce((total, answer) => total + (answer.bytes ?? 0), 0);
  const measured = removed.filter((answer) => answer.bytes !== undefined).length;
  const within = measured === removed.length ? "" : ` in the ${measured} of them that were measured,`;
  const what = `${removed.length} ${removed.length === 1 ? "task" : "tasks"}, ${formatBytes(bytes)}${within}`;
  const keptBytes = removed.reduce((total, answer) => total + (answer.keptBytes ?? 0), 0);
  const kept =
    keptBytes === 0
      ? ""
      : `; ${formatBytes(keptBytes)} of artifacts and checkpoints ${isDry ? "would stay" : "stayed"} in runs/, --artifacts takes them too`;
  return `${what} ${isDry ? "would be" : "were"} removed${kept}\n`;
}
