import { existsSync } from "node:fs";
import { findNamed } from "../../desk/select.ts";
import { targetOf } from "../../desk/targets.ts";
import { ok, type Result } from "../../lib/result.ts";
import { EXIT, type Problem } from "../../model/errors.ts";
import type { Query } from "../../model/query.ts";
import type { Answer, Operation } from "../../model/request.ts";
import { isTerminal, TERMINAL_STATES } from "../../model/state.ts";
import type { Task } from "../../model/task.ts";
import type { Layout } from "../../store/layout.ts";
import { type Call, declareVerb, type Ended, type FlagValues } from "../command-line/declare.ts";
import { DURATION, SIZE, wholeNumber } from "../command-line/values.ts";
import type { Context } from "../context.ts";
import { inHome } from "../in-home.ts";
import { queryOf, SELECTOR_FLAGS, TASKS } from "../selectors.ts";
import { performAndTell } from "../targets.ts";
import { keptText, nothingRemoved, removedText } from "../text/cleanup.ts";

const DEFAULT_AGE_MS = 7 * 86_400_000;

const FLAGS = {
  olderThan: {
    value: DURATION,
    help: "remove tasks that ended longer ago than this (default: 7d, and 0s for named tasks)",
  },
  keep: { value: wholeNumber(0, 999_999_999), help: "keep the newest N" },
  maxBytes: { value: SIZE, help: "remove the oldest until the rest fits into SIZE, such as 50GB" },
  logsOlderThan: { value: DURATION, help: "remove only the logs of tasks that ended longer ago than this" },
  deadLetter: { help: "include failed tasks (dead-letter/); not needed with --failed or for named tasks" },
  artifacts: { help: "also remove artifacts, and what else jobs wrote to their run folders" },
  checkpoints: { help: "also remove checkpoints" },
  dryRun: { help: "show what would be removed, and remove nothing" },
  quiet: { short: "q", help: "do not list what was removed" },
  json: { help: "print JSON" },
  ...SELECTOR_FLAGS,
} as const;

/** Flags of other tools. */
const OF_OTHERS: ReadonlyMap<string, string> = new Map([
  ...["--all", "-a"].map(
    (typed) => [typed, "all that have ended: stint clean --older-than 0s --dead-letter"] as const,
  ),
  ...["--successful-only", "-s", "--completed"].map(
    (typed) => [typed, "leave it out: failed tasks stay, unless --dead-letter is given"] as const,
  ),
  ...["--force", "-f", "--yes", "-y"].map((typed) => [typed, "leave it out: clean does not ask"] as const),
]);

const isEnded = ({ status }: Task): boolean => isTerminal(status.state);

export const verb = declareVerb({
  operands: [{ ...TASKS, completes: { states: TERMINAL_STATES, eligible: isEnded } }],
  flags: FLAGS,
  insteadOf: (typed) => OF_OTHERS.get(typed) ?? null,
  notes:
    "Only tasks that have ended are removed, and never what an unfinished task, sweep or batch needs: a parent stays while a task waits for it.",
  run: inHome(clean),
});

async function clean({ context, flags, operands }: Call<typeof FLAGS>, layout: Layout): Promise<Ended> {
  const chosen = chosenBy(context, layout, { flags, operands });
  if (!chosen.ok) return chosen.error;
  const { named, query } = chosen.value;
  if (named?.length === 0) {
    context.err("stint: no task of that name has ended; nothing was removed\n");
    return EXIT.done;
  }
  const isDry = flags.dryRun === true;
  const isQuiet = flags.quiet === true;
  const told = isQuiet ? { ...context, out: () => {} } : context;
  const isSummed = !isQuiet && (isDry || context.isTerminal);
  const takesFailed =
    named !== null || query?.failure !== undefined || (query?.states ?? []).includes("failed");
  const rules = rulesOf(flags);
  const isAged = Object.keys(rules).length === 0 && named === null;
  const operation: Operation = {
    verb: "clean",
    deadLetter: flags.deadLetter === true || takesFailed,
    artifacts: flags.artifacts === true,
    checkpoints: flags.checkpoints === true,
    dryRun: isDry,
    ...(isAged ? { olderThanMs: DEFAULT_AGE_MS } : rules),
    ...(named !== null && { named: named.map(targetOf) }),
    ...(query !== null && { query }),
  };
  const ended = await performAndTell(told, layout, {
    operation,
    json: flags.json === true,
    areNamed: named !== null,
    summary: (answers: readonly Answer[]) =>
      [
        isSummed ? removedText(answers, isDry) : "",
        !isQuiet && answers.length === 0 ? nothingRemoved(operation) : "",
        named === null && !isQuiet ? keptText(answers) : "",
      ].join(""),
  });
  if (!isDry && existsSync(layout.codeSnapshots)) {
    const { dropMarkedSnapshots } = await import("../../daemon/requests/snapshots.ts");
    await dropMarkedSnapshots(layout, context.env);
  }
  return ended;
}

/** The tasks that are named, and what all must match; null where that does not confine them. */
function chosenBy(
  context: Context,
  layout: Layout,
  { flags, operands }: Pick<Call<typeof FLAGS>, "flags" | "operands">,
): Result<{ readonly named: Task[] | null; readonly query: Query | null }, Problem> {
  const progress = context.progress();
  const query = queryOf(flags, { layout, nowMs: context.clock.now(), onProgress: progress.onProgress });
  progress.clear();
  if (!query.ok) return query;
  if (operands.length === 0) return ok({ named: null, query: query.value });
  const found = findNamed(layout, operands);
  if (!found.ok) return found;
  const { tasks, byGroup } = found.value;
  // The name of a sweep stands for its members that have ended.
  return ok({ named: tasks.filter((task) => !byGroup.has(task) || isEnded(task)), query: query.value });
}

function rulesOf({ keep, maxBytes, logsOlderThan, olderThan }: FlagValues<typeof FLAGS>) {
  return {
    ...(keep !== undefined && { keep }),
    ...(maxBytes !== undefined && { maxBytes }),
    ...(logsOlderThan !== undefined && { logsOlderThanMs: logsOlderThan }),
    ...(olderThan !== undefined && { olderThanMs: olderThan }),
  };
}
