import { type Fold, foldsOf } from "../../desk/fold.ts";
import { type Overview, readOverview } from "../../desk/overview.ts";
import type { ProgressSeen } from "../../desk/progress.ts";
import { err, ok, type Result } from "../../lib/result.ts";
import type { Problem } from "../../model/errors.ts";
import type { TaskId } from "../../model/identity.ts";
import { isService } from "../../model/service.ts";
import { isTerminal } from "../../model/state.ts";
import type { Task } from "../../model/task.ts";
import type { Layout } from "../../store/layout.ts";
import type { Context } from "../context.ts";
import { queryOf, type SelectorFlags } from "../selectors.ts";
import { serviceBlock } from "../text/services.ts";
import { styleFor } from "../text/style.ts";
import { renderTable } from "../text/table.ts";
import { foldRow, NAME_COLUMN, taskRow, titleRow, withoutEmpty } from "../text/task-row.ts";
import type { QueueSeen } from "../waits.ts";
import { chosen, type ListedRow } from "./choose.ts";
import { idsNamed } from "./named.ts";
import { type SortKey, sorted } from "./sort.ts";
import { type Line, plainLines, treeLines } from "./tree.ts";
import { type Unlisted, unlistedFailures } from "./unlisted.ts";

/** How many ended tasks are listed by default. */
const RECENT = 10;
const DEFAULT_LIMIT = 100;

export interface ListingFlags extends SelectorFlags {
  readonly all?: true;
  readonly limit?: number;
  readonly cursor?: number;
  readonly tree?: true;
  readonly sort?: SortKey;
  /** Each record, and no sweep in one row. */
  readonly isWhole: boolean;
  /** The operands. */
  readonly references: readonly string[];
}

/** The rows of a listing, and the queue as it was then. */
export interface TaskListing {
  readonly rows: readonly ListedRow[];
  /** The same, in the order in which they are shown. */
  readonly lines: readonly Line[];
  readonly overview: Overview;
  readonly queue: QueueSeen;
  /** How far the running ones are, of those that tell. */
  readonly progress: ReadonlyMap<TaskId, ProgressSeen>;
  /** What prepares tasks now, as clauses. */
  readonly preparations: ReadonlyMap<Task, string>;
  readonly unlisted: Unlisted;
}

/** Reads what the flags ask for. */
export async function listingOf(
  context: Context,
  layout: Layout,
  { references, ...flags }: ListingFlags,
): Promise<Result<TaskListing, Problem>> {
  const nowMs = context.clock.now();
  const reading = context.progress();
  const asked = queryOf(flags, { layout, nowMs, onProgress: reading.onProgress });
  if (!asked.ok) return err(asked.error);
  const ids = references.length === 0 ? null : idsNamed(layout, references, reading);
  if (ids !== null && !ids.ok) return ids;
  const query = ids === null ? asked : ok({ ...asked.value, ids: ids.value });
  reading.clear();
  const overview = readOverview(layout, nowMs);
  const queue = await queueIn(context, layout, overview);
  // A query shows each task that it matches, and JSON each record.
  const isFolding =
    query.value === null && flags.all !== true && !flags.isWhole && flags.cursor === undefined;
  const isShort = query.value === null && flags.all !== true && flags.limit === undefined;
  // Pages and scripts go by number.
  const isRecent = isShort && flags.cursor === undefined && !flags.isWhole;
  const folds = isFolding ? foldsOf(layout, overview, nowMs) : new Map<number, Fold>();
  const found = chosen(layout, {
    query: query.value,
    unfinished: [...overview.active, ...queue.inOrder],
    cursor: flags.cursor,
    limit: flags.limit ?? (flags.tree === true ? Number.POSITIVE_INFINITY : DEFAULT_LIMIT),
    endedLimit: isShort ? RECENT : Number.POSITIVE_INFINITY,
    isRecent,
    folds,
    foldsEnded: isFolding && flags.tree !== true,
    nowMs,
    progress: reading,
  });
  const rows = flags.sort === undefined ? found.rows : sorted(found.rows, flags.sort, nowMs);
  const lines = flags.tree === true ? treeLines(layout, rows) : plainLines(rows);
  const isOpen = query.value === null && flags.cursor === undefined && !flags.isWhole;
  const failures = isOpen ? unlistedFailures(layout, { rows, nowMs }) : null;
  // Who gives a number of rows knows that there may be more, and a short listing has the latest alone.
  const isPage = flags.limit === undefined && (!isShort || flags.cursor !== undefined);
  const unlisted = { ...found.cut, older: isPage ? found.cut.older : null, failures };
  const preparations = await preparationsOf(layout, overview.active);
  const progress = await progressIn(context, layout, rows);
  return ok({ rows, lines, overview, queue, progress, preparations, unlisted });
}

/** The reader of reports is loaded only where tasks are being prepared. */
async function preparationsOf(layout: Layout, active: readonly Task[]): Promise<TaskListing["preparations"]> {
  const prepared = active.filter(({ status }) => status.state === "preparing");
  if (prepared.length === 0) return new Map();
  const { preparationSeen } = await import("../../desk/preparation.ts");
  return new Map(
    prepared.flatMap((task): [Task, string][] => {
      const seen = preparationSeen(layout, task);
      return seen === null ? [] : [[task, seen]];
    }),
  );
}

/** The listing as a table, and one of the services that have not ended; a tree holds them too. */
export function tableOf(
  context: Context,
  listing: TaskListing,
  { isWide, isTree }: { readonly isWide: boolean; readonly isTree: boolean },
): string {
  const { lines, queue, progress, preparations } = listing;
  const layout = { nowMs: context.clock.now(), style: styleFor(context.hasColor), isWide };
  const columns = context.columns();
  const services = isTree ? [] : lines.flatMap(({ row }) => (isOpenService(row) ? [row] : []));
  const block = services.length === 0 ? "" : serviceBlock(services, { ...layout, columns, ...queue });
  const others = block === "" ? lines : lines.filter(({ row }) => !isOpenService(row));
  if (others.length === 0) return block;
  const rows = others.map(({ row, branches, note }) => {
    const beside = { branches, note };
    if ("group" in row) return foldRow(row, beside, layout);
    const wait = row.status.state === "queued" ? queue.waitOf(row) : (preparations.get(row) ?? "");
    return taskRow(row, { ...beside, wait, progress: progress.get(row.metadata.id) ?? null }, layout);
  });
  const table = [titleRow(layout), ...rows];
  // A program that reads a pipe counts the columns.
  const shown = Number.isFinite(columns) ? withoutEmpty(table, { ...layout, columns }) : table;
  const tasks = renderTable(shown, { columns, shrinks: NAME_COLUMN });
  return block === "" ? tasks : `${tasks}\n${block}`;
}

function isOpenService(row: ListedRow): row is Task {
  return "metadata" in row && isService(row) && !isTerminal(row.status.state);
}

/** The reader of logs is loaded only where tasks run. */
async function progressIn(
  context: Context,
  layout: Layout,
  rows: readonly ListedRow[],
): Promise<ReadonlyMap<TaskId, ProgressSeen>> {
  const running = rows.flatMap((row) => ("group" in row || row.status.state !== "running" ? [] : [row]));
  if (running.length === 0) return new Map();
  const { progressOf } = await import("../../desk/progress.ts");
  const seen = running.map((task) => [task.metadata.id, progressOf(context, layout, task)] as const);
  return new Map(seen.flatMap(([id, progress]) => (progress === null ? [] : [[id, progress] as const])));
}

/** The planner's view of the queue; the planner is loaded only where tasks are queued. */
async function queueIn(context: Context, layout: Layout, overview: Overview): Promise<QueueSeen> {
  if (overview.queued.length === 0) return { inOrder: [], waitOf: () => "", waits: () => [] };
  const { queueSeen } = await import("../waits.ts");
  return queueSeen(context, layout, overview);
}
