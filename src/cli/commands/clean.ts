import { homePath } from "../../desk/home.ts";
import { formatBytes } from "../../lib/bytes.ts";
import type { Answer, Operation } from "../../model/request.ts";
import { openHome } from "../../store/home.ts";
import { declareVerb, type FlagValues } from "../command-line/declare.ts";
import { DURATION, SIZE, wholeNumber } from "../command-line/values.ts";
import { performAndTell } from "../targets.ts";

const DEFAULT_AGE_MS = 7 * 86_400_000;

const FLAGS = {
  olderThan: { value: DURATION, help: "ended longer ago than this (without another rule: 7d)" },
  keep: { value: wholeNumber(0, 999_999_999), help: "all but the newest so many" },
  maxBytes: {
    value: SIZE,
    help: "the oldest, until their folders have at most so many bytes, like 50GB",
  },
  logsOlderThan: { value: DURATION, help: "only the logs of what ended longer ago than this" },
  deadLetter: { help: "those in dead-letter/ too" },
  artifacts: { help: "with what the jobs made in their folders, and with checkpoints; these stay otherwise" },
  dryRun: { help: "only tell what would be removed, and how much it is" },
  quiet: { short: "q", help: "say nothing of what was removed, as for cron" },
  json: { help: "answers as JSON" },
} as const;

export const verb = declareVerb({
  flags: FLAGS,
  notes: "What an unended task, sweep or batch needs always stays.",
  run: async ({ context, flags }) => {
    const home = openHome(homePath(context));
    if (!home.ok) return home.error;
    const isDry = flags.dryRun === true;
    const isQuiet = flags.quiet === true;
    const told = isQuiet ? { ...context, out: () => {} } : context;
    const isSummed = !isQuiet && (isDry || context.isTerminal);
    const options = {
      operation: operationOf(flags),
      json: flags.json === true,
      ...(isSummed && { summary: (answers: readonly Answer[]) => summaryOf(answers, isDry) }),
    };
    return performAndTell(told, home.value, options);
  },
});

function operationOf(flags: FlagValues<typeof FLAGS>): Operation {
  const { deadLetter = false, artifacts = false, dryRun = false, keep, maxBytes } = flags;
  const rules = {
    ...(keep !== undefined && { keep }),
    ...(maxBytes !== undefined && { maxBytes }),
    ...(flags.logsOlderThan !== undefined && { logsOlderThanMs: flags.logsOlderThan }),
    ...(flags.olderThan !== undefined && { olderThanMs: flags.olderThan }),
  };
  const isRuled = Object.keys(rules).length > 0;
  return {
    verb: "clean",
    deadLetter,
    artifacts,
    dryRun,
    ...(isRuled ? rules : { olderThanMs: DEFAULT_AGE_MS }),
  };
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
