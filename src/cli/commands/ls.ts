import type { Command } from "commander";
import { ok } from "../../lib/result.ts";
import { EXIT } from "../../model/errors.ts";
import { numberOf, type TaskId } from "../../model/identity.ts";
import { matches, type Query } from "../../model/query.ts";
import type { Task } from "../../model/task.ts";
import { openHome } from "../../store/home.ts";
import type { Layout } from "../../store/layout.ts";
import { idsIn, readTask } from "../../store/reader.ts";
import type { Context } from "../context.ts";
import { countFlag } from "../flags.ts";
import { homePath } from "../home.ts";
import { type Overview, readOverview } from "../overview.ts";
import { declareSelectors, queryOf, type SelectorFlags } from "../targets.ts";
import { styleFor } from "../text/style.ts";
import { renderTable } from "../text/table.ts";
import { TASK_TITLES, taskRow } from "../text/task-row.ts";
import type { Ended, Invocation } from "../verbs.ts";

interface Flags extends SelectorFlags {
  readonly limit?: string;
  readonly cursor?: string;
  readonly watch?: true;
  readonly json?: true;
}

/** Ended tasks that are listed when nothing is asked for. */
const RECENT = 10;
const DEFAULT_LIMIT = 100;
const MAX_LIMIT = 1_000;
const WATCH_MS = 1_000;

export function declare(command: Command, { context, end }: Invocation): void {
  declareSelectors(command)
    .option("--all", "ended tasks too, not only the most recent")
    .option("--limit <n>", `at most so many, up to ${MAX_LIMIT}`)
    .option("--cursor <number>", "go on below this number")
    .option("--watch", "again and again, until Ctrl-C")
    .option("--json", "the records as a JSON array")
    .action(async (flags: Flags) => {
      if (flags.watch !== true) return end(list(context, flags));
      end(await watch(context, flags));
    });
}

/** Lists until Ctrl-C, or until it cannot. */
async function watch(context: Context, flags: Flags): Promise<Ended> {
  const { promise: interrupted, resolve } = Promise.withResolvers<"interrupted">();
  context.onSignal(() => resolve("interrupted"));
  for (;;) {
    if (context.isTerminal) context.out("\u001b[H\u001b[2J");
    const ended = list(context, flags);
    if (ended !== EXIT.done) return ended;
    if ((await Promise.race([interrupted, Bun.sleep(WATCH_MS)])) === "interrupted") return EXIT.done;
  }
}

function list(context: Context, flags: Flags): Ended {
  const path = homePath(context);
  const home = openHome(path);
  if (!home.ok) {
    if (home.error.code !== "HOME_MISSING") return home.error;
    context.out(flags.json ? "[]\n" : "");
    if (flags.json !== true)
      context.err(`No tasks: there is no queue at ${path} yet. To make one: stint submit -- echo hello\n`);
    return EXIT.done;
  }
  const limit =
    flags.limit === undefined ? ok(DEFAULT_LIMIT) : countFlag("limit", flags.limit, { most: MAX_LIMIT });
  if (!limit.ok) return limit.error;
  const query = queryOf(flags, context.clock.now());
  if (!query.ok) return query.error;
  const overview = readOverview(context, home.value);
  const wanted = { query: query.value, flags, limit: limit.value };
  const tasks = choose(home.value, overview, wanted);
  if (flags.json) context.out(`${JSON.stringify(tasks, null, 2)}\n`);
  else printTable(context, { tasks, overview });
  return EXIT.done;
}

/** Active ones, then queued ones in number order, then ended ones from the newest. */
function choose(
  layout: Layout,
  overview: Overview,
  wanted: { query: Query | null; flags: Flags; limit: number },
): Task[] {
  const { query, flags, limit } = wanted;
  const cursor = flags.cursor === undefined ? Number.POSITIVE_INFINITY : Number(flags.cursor);
  const isWanted = (task: Task): boolean => query === null || matches(task, query);
  const living = flags.cursor === undefined ? [...overview.active, ...overview.queued].filter(isWanted) : [];
  const endedLimit =
    query === null && flags.all !== true && flags.limit === undefined ? RECENT : limit - living.length;
  const ended: Task[] = [];
  for (const id of endedIds(layout)) {
    if (ended.length >= endedLimit) break;
    if (numberOf(id) >= cursor) continue;
    const read = readTask(layout, id);
    if (read.ok && isWanted(read.value)) ended.push(read.value);
  }
  return [...living, ...ended].slice(0, limit);
}

function endedIds(layout: Layout): TaskId[] {
  return [...idsIn(layout, "done"), ...idsIn(layout, "dead-letter")].sort(
    (left, right) => numberOf(right) - numberOf(left),
  );
}

function printTable(
  context: Context,
  { tasks, overview }: { tasks: readonly Task[]; overview: Overview },
): void {
  const style = styleFor(context.hasColor);
  const nowMs = context.clock.now();
  if (tasks.length === 0) {
    context.err("No tasks to show.\n");
    return;
  }
  const rows = tasks.map((task) => {
    const wait = task.status.state === "queued" ? overview.whyWaiting(task) : null;
    return taskRow(task, { nowMs, wait, style });
  });
  context.out(renderTable([TASK_TITLES.map(style.dim), ...rows], { columns: context.columns }));
  if (overview.obstacle !== null)
    context.err(`\n${overview.obstacle}: nothing new starts until that is mended. See \`stint doctor\`.\n`);
  if (overview.isSupervised || overview.queued.length + overview.active.length === 0) return;
  const what = [
    overview.queued.length > 0 ? `${overview.queued.length} queued` : null,
    overview.active.length > 0 ? `${overview.active.length} running` : null,
  ].filter((part) => part !== null);
  context.err(`\n${what.join(", ")}, and no supervisor is up. To start one: stint up --detach\n`);
}
