import type { ProgressView } from "../../desk/caller.ts";
import { type Fold, foldsOf, isNumberOf } from "../../desk/fold.ts";
import { homePath } from "../../desk/home.ts";
import { type Overview, readOverview } from "../../desk/overview.ts";
import { silenceLines } from "../../desk/text/silence.ts";
import { asLines, oneLine, ownSequence } from "../../lib/printable.ts";
import { EXIT } from "../../model/errors.ts";
import { numberOf, type TaskId } from "../../model/identity.ts";
import type { Outline } from "../../model/outline.ts";
import { matcherOf, matches, type Query } from "../../model/query.ts";
import { directoryOf, ENDED_PLACES, type EndedPlace, STATES } from "../../model/state.ts";
import type { Task } from "../../model/task.ts";
import { openHome } from "../../store/home.ts";
import type { Layout } from "../../store/layout.ts";
import { newestIds } from "../../store/newest.ts";
import { eachOutline } from "../../store/outlines.ts";
import { TaskReader } from "../../store/reader.ts";
import { declareVerb, type Ended, type FlagValues } from "../command-line/declare.ts";
import { wholeNumber } from "../command-line/values.ts";
import type { Context } from "../context.ts";
import { queryOf, SELECTOR_FLAGS } from "../selectors.ts";
import { styleFor } from "../text/style.ts";
import { renderTable } from "../text/table.ts";
import { foldRow, TASK_TITLES, taskRow } from "../text/task-row.ts";

/** How many ended tasks are listed by default. */
const RECENT = 10;
const DEFAULT_LIMIT = 100;
const MAX_LIMIT = 1_000;
const WATCH_MS = 1_000;
/** This many of the newest tasks are found without sorting all of them. */
const UNSORTED_NEWEST = 100;

const FLAGS = {
  ...SELECTOR_FLAGS,
  all: { help: "all ended tasks, not only the most recent, and each member of a sweep" },
  limit: { value: wholeNumber(1, MAX_LIMIT), help: `list at most N tasks, up to ${MAX_LIMIT}` },
  cursor: { value: wholeNumber(1), help: "continue below this task number" },
  watch: { help: "list again every second, until Ctrl-C" },
  json: { help: "the records as a JSON array" },
} as const;

type Flags = FlagValues<typeof FLAGS>;

export const verb = declareVerb({
  flags: FLAGS,
  run: ({ context, flags }) => (flags.watch === true ? watch(context, flags) : list(context, flags)),
});

/** Lists every second, until Ctrl-C or an error. */
async function watch(context: Context, flags: Flags): Promise<Ended> {
  const { promise: interrupted, resolve } = Promise.withResolvers<"interrupted">();
  context.onSignal(() => resolve("interrupted"));
  for (;;) {
    if (context.isTerminal) context.out(`${ownSequence("H")}${ownSequence("2J")}`);
    const ended = await list(context, flags);
    if (ended !== EXIT.done || context.outputEnd() !== null) return ended;
    if ((await Promise.race([interrupted, Bun.sleep(WATCH_MS)])) === "interrupted") return EXIT.done;
  }
}

async function list(context: Context, flags: Flags): Promise<Ended> {
  const path = homePath(context);
  const home = openHome(path);
  if (!home.ok) {
    if (home.error.code !== "HOME_MISSING") return home.error;
    context.out(flags.json ? "[]\n" : "");
    if (flags.json !== true)
      context.err(
        asLines([`No tasks: there is no queue at ${path} yet. To create one: stint submit -- echo hello`]),
      );
    return EXIT.done;
  }
  const nowMs = context.clock.now();
  const progress = context.progress();
  const query = queryOf(flags, { layout: home.value, nowMs, onProgress: progress.onProgress });
  progress.clear();
  if (!query.ok) return query.error;
  const overview = readOverview(home.value, nowMs);
  // A query shows each task that it matches, and JSON each record.
  const isFolding =
    query.value === null && flags.all !== true && flags.json !== true && flags.cursor === undefined;
  const folds = isFolding ? foldsOf(home.value, overview) : new Map<number, Fold>();
  const wanted = { query: query.value, flags, limit: flags.limit ?? DEFAULT_LIMIT, folds, nowMs, progress };
  const rows = choose(home.value, overview, wanted);
  if (flags.json) context.out(`${JSON.stringify(rows, null, 2)}\n`);
  else await printTable(context, home.value, { rows, overview });
  return EXIT.done;
}

interface Wanted {
  readonly query: Query | null;
  readonly flags: Flags;
  readonly limit: number;
  readonly folds: ReadonlyMap<number, Fold>;
  readonly nowMs: number;
  readonly progress: ProgressView;
}

/** Active tasks, then queued ones by number, then ended ones from the newest; a folded sweep stands for its first member. */
function choose(layout: Layout, overview: Overview, wanted: Wanted): (Task | Fold)[] {
  const { query, flags, limit, folds, nowMs, progress } = wanted;
  const { cursor = Number.POSITIVE_INFINITY } = flags;
  const isWanted = (task: Outline): boolean => query === null || matches(task, query);
  const living =
    flags.cursor === undefined
      ? folded([...overview.active, ...overview.queued].filter(isWanted), folds)
      : [];
  const isFolded = (number: number): boolean =>
    [...folds.values()].some(({ group }) => isNumberOf(group, number));
  const endedLimit =
    query === null && flags.all !== true && flags.limit === undefined ? RECENT : limit - living.length;
  const states = query?.states ?? STATES;
  const places = ENDED_PLACES.filter((place) => states.some((state) => directoryOf(state) === place));
  const ended: Task[] = [];
  const reader = new TaskReader(layout);
  const looked = new Set<TaskId>();
  for (const id of newestFirst(layout, { places, nowMs, query, progress })) {
    if (ended.length >= endedLimit) break;
    if (numberOf(id) >= cursor || isFolded(numberOf(id)) || looked.has(id)) continue;
    looked.add(id);
    const read = reader.read(id);
    if (read.ok && isWanted(read.value)) ended.push(read.value);
  }
  return [...living, ...ended].slice(0, limit);
}

/** The candidates from the newest, some of them twice: with a query, first a few of the newest, then only those whose outlines match. */
function* newestFirst(
  layout: Layout,
  {
    places,
    nowMs,
    query,
    progress,
  }: Pick<Wanted, "nowMs" | "query" | "progress"> & { readonly places: readonly EndedPlace[] },
): Generator<TaskId> {
  const newest = newestIds(layout, places, nowMs);
  if (query === null) {
    yield* newest;
    return;
  }
  let count = 0;
  // To take one more would list and sort all of them.
  for (const id of newest.take(UNSORTED_NEWEST)) {
    count += 1;
    yield id;
  }
  if (count < UNSORTED_NEWEST) return;
  const ids: TaskId[] = [];
  const isMatch = matcherOf(query);
  for (const outline of eachOutline(layout, places, progress))
    if (isMatch(outline)) ids.push(outline.metadata.id);
  progress.clear();
  yield* ids.sort((left, right) => numberOf(right) - numberOf(left));
}

/** Replaces the members of each folded sweep by one row, in the place of the first. */
function folded(tasks: readonly Task[], folds: ReadonlyMap<number, Fold>): (Task | Fold)[] {
  const placed = new Set<Fold>();
  return tasks.flatMap((task): (Task | Fold)[] => {
    const fold = folds.get(task.metadata.group?.id ?? 0);
    if (fold === undefined) return [task];
    if (placed.has(fold)) return [];
    placed.add(fold);
    return [fold];
  });
}

async function printTable(
  context: Context,
  layout: Layout,
  { rows: listed, overview }: { rows: readonly (Task | Fold)[]; overview: Overview },
): Promise<void> {
  const style = styleFor(context.hasColor);
  const nowMs = context.clock.now();
  if (listed.length === 0) {
    context.err("No tasks to show.\n");
    return;
  }
  const waitOf = await waitsOf(context, layout, overview);
  const rows = listed.map((one) => {
    if ("group" in one) return foldRow(one, { nowMs, style });
    return taskRow(one, { nowMs, wait: one.status.state === "queued" ? waitOf(one) : "", style });
  });
  context.out(renderTable([TASK_TITLES.map(style.dim), ...rows], { columns: context.columns() }));
  if (overview.diskFault !== null)
    context.err(
      `\n${oneLine(overview.diskFault)}: no job starts until that is fixed. See \`stint doctor\`.\n`,
    );
  if (overview.silence !== null)
    context.err(`\n${asLines(silenceLines(overview.silence, context.clock.now()))}`);
  const [stuck] = overview.stuck.values();
  if (stuck !== undefined)
    context.err(
      `\n${overview.stuck.size} accepted tasks that the supervisor cannot queue yet; it keeps trying: ${oneLine(stuck)}. See \`stint doctor\`.\n`,
    );
  if (overview.isSupervised || overview.queued.length + overview.active.length === 0) return;
  const what = [
    overview.queued.length > 0 ? `${overview.queued.length} queued` : null,
    overview.active.length > 0 ? `${overview.active.length} running` : null,
  ].filter((part) => part !== null);
  context.err(`\n${what.join(", ")}, and no supervisor is up. To start one: stint up --detach\n`);
}

/** Why queued tasks wait; loads the planner only where some are queued. */
async function waitsOf(
  context: Context,
  layout: Layout,
  overview: Overview,
): Promise<(task: Task) => string> {
  if (overview.queued.length === 0) return () => "";
  const { shortWaits } = await import("../waits.ts");
  return shortWaits(context, layout, overview);
}
