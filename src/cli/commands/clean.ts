import { homePath } from "../../desk/home.ts";
import { formatBytes } from "../../lib/bytes.ts";
import { counted } from "../../lib/counted.ts";
import { formatDuration } from "../../lib/duration.ts";
import type { Answer, Operation } from "../../model/request.ts";
import { openHome } from "../../store/home.ts";
import { declareVerb, type FlagValues } from "../command-line/declare.ts";
import { DURATION, SIZE, wholeNumber } from "../command-line/values.ts";
import { performAndTell } from "../targets.ts";

const DEFAULT_AGE_MS = 7 * 86_400_000;

const FLAGS = {
  olderThan: {
    value: DURATION,
    help: "remove tasks that ended longer ago than this (default: 7d)",
  },
  keep: { value: wholeNumber(0, 999_999_999), help: "keep the newest N" },
  maxBytes: {
    value: SIZE,
    help: "remove the oldest until the rest fits into SIZE, such as 50GB",
  },
  logsOlderThan: { value: DURATION, help: "remove only the logs of tasks that ended longer ago than this" },
  deadLetter: { help: "include failed tasks (dead-letter/)" },
  artifacts: {
    help: "also remove the files that jobs wrote to their run folders, and checkpoints",
  },
  dryRun: { help: "show what would be removed, and remove nothing" },
  quiet: { short: "q", help: "do not list what was removed" },
  json: { help: "print JSON" },
} as const;

export const verb = declareVerb({
  flags: FLAGS,
  notes: "Never removes what an unfinished task, sweep or batch needs.",
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
      ...(isSummed && {
        summary: (answers: readonly Answer[]) =>
          answers.some(({ done }) => done !== undefined)
            ? summaryOf(answers, isDry)
            : nothingRemoved(answers, flags),
      }),
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

/** Why nothing was removed; empty where the answers say it. */
function nothingRemoved(answers: readonly Answer[], flags: FlagValues<typeof FLAGS>): string {
  if (answers.length > 0) return "";
  const { keep, maxBytes, logsOlderThan, olderThan } = flags;
  const failed = flags.deadLetter === true ? "" : "; failed tasks need --dead-letter";
  if (keep !== undefined || maxBytes !== undefined || logsOlderThan !== undefined)
    return `nothing to remove: no ended task exceeds the limits given${failed}\n`;
  const age = olderThan === undefined ? "7 days" : formatDuration(olderThan);
  return `nothing to remove: 0 tasks that can be removed ended more than ${age} ago; see --older-than${failed}\n`;
}

function summaryOf(answers: readonly Answer[], isDry: boolean): string {
  const removed = answers.filter(({ done }) => done !== undefined);
  const bytes = removed.reduce((total, answer) => total + (answer.bytes ?? 0), 0);
  const measured = removed.filter((answer) => answer.bytes !== undefined).length;
  const within = measured === removed.length ? "" : ` in the ${measured} of them that were measured,`;
  const what = `${counted(removed.length, "task")}, ${formatBytes(bytes)}${within}`;
  const keptBytes = removed.reduce((total, answer) => total + (answer.keptBytes ?? 0), 0);
  const kept =
    keptBytes === 0
      ? ""
      : `; ${formatBytes(keptBytes)} of artifacts and checkpoints ${isDry ? "would stay" : "stayed"} in runs/, --artifacts removes them too`;
  return `${what} ${isDry ? "would be" : "were"} removed${kept}\n`;
}
