import { apiRowOf, type TaskPage } from "../../model/api/task-row.ts";
import type { Outline } from "../../model/outline.ts";
import { matcherOf, type Query } from "../../model/query.ts";
import type { State } from "../../model/state.ts";
import type { Task } from "../../model/task.ts";
import type { Layout } from "../../store/layout.ts";
import { TaskReader } from "../../store/reader.ts";
import type { MirrorEntry, MirrorTasks } from "./tasks.ts";

/** Records that are read before other work has its turn. */
const READS_A_TURN = 25;
/** Records that are read for one page: who looks for what is rare asks for several. */
const MAX_READS = 500;

interface Wanted {
  readonly query: Query;
  readonly limit: number;
  readonly cursor?: number | undefined;
}

/**
 * Tasks from the highest number down. A page is of memory alone or, behind that, of records: it may have fewer tasks than asked for, even
 * none, where others follow.
 */
export async function newestPage(
  layout: Layout,
  tasks: MirrorTasks,
  { query, limit, cursor }: Wanted,
): Promise<TaskPage> {
  const isMatch = matcherOf(query);
  const reader = new TaskReader(layout);
  const rows: TaskPage["tasks"] = [];
  let reads = 0;
  let last: number | null = null;
  for (let at = cursor === undefined ? tasks.inOrder.length : tasks.placeOf(cursor); at > 0; at -= 1) {
    const entry = tasks.inOrder[at - 1];
    if (entry === undefined || !mayBe(entry.state, query.states)) continue;
    // The cursor is a number, so tasks with one number are on one page.
    if (entry.number !== last) {
      const isBehind = isOnDisk(entry) && last !== null && reads === 0;
      if (rows.length >= limit || isBehind || reads >= MAX_READS) return { tasks: rows, next: last };
    }
    last = entry.number;
    if (!isOnDisk(entry)) {
      const row = rowIn(entry, isMatch);
      if (row !== null) rows.push(row);
      continue;
    }
    const read = reader.read(entry.id);
    if (read.ok && isMatch(read.value)) rows.push(apiRowOf(read.value));
    reads += 1;
    if (reads % READS_A_TURN !== 0) continue;
    await Bun.sleep(0);
    // Tasks may have come or gone meanwhile.
    at = tasks.placeOf(entry.number) + 1;
  }
  return { tasks: rows, next: null };
}

/** Unfinished tasks in the order of the queue; the cursor counts those that were passed. */
export function queuePage(inOrder: readonly Task[], { query, limit, cursor = 0 }: Wanted): TaskPage {
  const isMatch = matcherOf(query);
  const rows: TaskPage["tasks"] = [];
  for (let at = cursor; at < inOrder.length; at += 1) {
    const task = inOrder[at];
    if (task === undefined || !isMatch(task)) continue;
    if (rows.length === limit) return { tasks: rows, next: at };
    rows.push(apiRowOf(task));
  }
  return { tasks: rows, next: null };
}

function rowIn(
  { task, ended }: MirrorEntry,
  isMatch: (of: Outline) => boolean,
): TaskPage["tasks"][number] | null {
  if (task !== null) return isMatch(task) ? apiRowOf(task) : null;
  return ended !== null && isMatch(ended.outline) ? ended.row : null;
}

function isOnDisk({ task, ended }: MirrorEntry): boolean {
  return task === null && ended === null;
}

/** False where a task in this state, or with none known, cannot be in one of these. */
function mayBe(state: State | null, wanted: readonly State[] | undefined): boolean {
  if (wanted === undefined) return true;
  return state === null
    ? wanted.includes("completed") || wanted.includes("cancelled")
    : wanted.includes(state);
}
