import { ok, type Result } from "../lib/result.ts";
import { apiRowOf, type TaskPage } from "../model/api/task-row.ts";
import type { Problem } from "../model/errors.ts";
import { numberOf } from "../model/identity.ts";
import { matcherOf, type Query } from "../model/query.ts";
import { directoryOf, PLACES, type State } from "../model/state.ts";
import type { Layout } from "../store/layout.ts";
import { newestIds } from "../store/newest.ts";
import { TaskReader } from "../store/reader.ts";
import { groupMeant } from "./groups.ts";

/** Records that are read before other work has its turn. */
const READS_A_TURN = 50;

/** Which tasks are listed. */
export interface PageAsked {
  readonly query: Query;
  /** A sweep or a group, by its name or the number of a member. */
  readonly group?: string | undefined;
  readonly limit: number;
  /** Only tasks with lower numbers. */
  readonly cursor?: number | undefined;
}

/** Lists tasks from the highest number down. */
export async function taskPage(
  layout: Layout,
  { query, group, limit, cursor }: PageAsked,
  nowMs: number,
): Promise<Result<TaskPage, Problem>> {
  const meant = group === undefined ? null : groupMeant(layout, group);
  if (meant !== null && !meant.ok) return meant;
  const isMatch = matcherOf({ ...query, ...meant?.value.query });
  const reader = new TaskReader(layout);
  const tasks: TaskPage["tasks"] = [];
  let reads = 0;
  for (const id of newestIds(layout, placesOf(query.states), nowMs)) {
    if (cursor !== undefined && numberOf(id) >= cursor) continue;
    if (tasks.length === limit) return ok({ tasks, next: tasks.at(-1)?.number ?? null });
    const read = reader.read(id);
    if (read.ok && isMatch(read.value)) tasks.push(apiRowOf(read.value));
    reads += 1;
    if (reads % READS_A_TURN === 0) await Bun.sleep(0);
  }
  return ok({ tasks, next: null });
}

/** A crash may have left a task that has ended in running/ or pending/. */
function placesOf(states: readonly State[] | undefined): (typeof PLACES)[number][] {
  if (states === undefined) return [...PLACES];
  return PLACES.filter(
    (place) =>
      place === "running" || place === "pending" || states.some((state) => directoryOf(state) === place),
  );
}
