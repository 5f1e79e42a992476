import { type Fold, foldsOf } from "../../desk/fold.ts";
import { type Overview, readOverview } from "../../desk/overview.ts";
import { err, ok, type Result } from "../../lib/result.ts";
import type { Problem } from "../../model/errors.ts";
import type { Task } from "../../model/task.ts";
import type { Layout } from "../../store/layout.ts";
import type { Context } from "../context.ts";
import { queryOf, type SelectorFlags } from "../selectors.ts";
import { styleFor } from "../text/style.ts";
import { renderTable } from "../text/table.ts";
import { foldRow, TASK_TITLES, taskRow } from "../text/task-row.ts";
import { chosen, type ListedRow } from "./choose.ts";

/** How many ended tasks are listed by default. */
const RECENT = 10;
const DEFAULT_LIMIT = 100;

/** The flags that choose what is listed. */
export interface ListingFlags extends SelectorFlags {
  readonly all?: true;
  readonly limit?: number;
  readonly cursor?: number;
  readonly json?: true;
}

/** The rows of a listing, and the queue as it was then. */
export interface TaskListing {
  readonly rows: readonly ListedRow[];
  readonly overview: Overview;
}

/** Reads what the flags ask for. */
export function listingOf(
  context: Context,
  layout: Layout,
  flags: ListingFlags,
): Result<TaskListing, Problem> {
  const nowMs = context.clock.now();
  const progress = context.progress();
  const query = queryOf(flags, { layout, nowMs, onProgress: progress.onProgress });
  progress.clear();
  if (!query.ok) return err(query.error);
  const overview = readOverview(layout, nowMs);
  // A query shows each task that it matches, and JSON each record.
  const isFolding =
    query.value === null && flags.all !== true && flags.json !== true && flags.cursor === undefined;
  const isRecent = query.value === null && flags.all !== true && flags.limit === undefined;
  const rows = chosen(layout, overview, {
    query: query.value,
    cursor: flags.cursor,
    limit: flags.limit ?? DEFAULT_LIMIT,
    endedLimit: isRecent ? RECENT : Number.POSITIVE_INFINITY,
    folds: isFolding ? foldsOf(layout, overview) : new Map<number, Fold>(),
    nowMs,
    progress,
  });
  return ok({ rows, overview });
}

/** The listing as a table. */
export async function tableOf(
  context: Context,
  layout: Layout,
  { rows: listed, overview }: TaskListing,
): Promise<string> {
  const style = styleFor(context.hasColor);
  const nowMs = context.clock.now();
  const waitOf = await waitsOf(context, layout, overview);
  const rows = listed.map((one) => {
    if ("group" in one) return foldRow(one, { nowMs, style });
    return taskRow(one, { nowMs, wait: one.status.state === "queued" ? waitOf(one) : "", style });
  });
  return renderTable([TASK_TITLES.map(style.dim), ...rows], { columns: context.columns() });
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
