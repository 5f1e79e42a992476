import type { ProgressView } from "../../desk/caller.ts";
import { endedFold, type Fold, isNumberOf, MAX_UNFOLDED } from "../../desk/fold.ts";
import type { Group } from "../../model/group.ts";
import { numberOf, type TaskId } from "../../model/identity.ts";
import type { Outline } from "../../model/outline.ts";
import { matcherOf, matches, type Query } from "../../model/query.ts";
import { directoryOf, ENDED_PLACES, type EndedPlace, isTerminal, STATES } from "../../model/state.ts";
import { type Task, whenEndedMs } from "../../model/task.ts";
import type { Layout } from "../../store/layout.ts";
import { byLastChange, FEW, newestIds } from "../../store/newest.ts";
import { eachOutline } from "../../store/outlines.ts";
import { TaskReader } from "../../store/reader.ts";

/** This many of the newest tasks are found without sorting all of them: one more than are listed by default, to see that there are more. */
const UNSORTED_NEWEST = FEW;

export type ListedRow = Task | Fold;

/** What is to be listed. */
export interface Choice {
  readonly query: Query | null;
  /** Running tasks, then queued ones, in their order. */
  readonly unfinished: readonly Task[];
  /** Only ended tasks below this number. */
  readonly cursor: number | undefined;
  readonly limit: number;
  /** How many ended tasks at most. */
  readonly endedLimit: number;
  /** Those that ended last come first, else those with the highest numbers. */
  readonly isRecent: boolean;
  readonly folds: ReadonlyMap<number, Fold>;
  /** True where the ended members of a sweep are one row: those of a large one would be all that is listed. */
  readonly foldsEnded: boolean;
  readonly nowMs: number;
  readonly progress: ProgressView;
}

/** What the limit of a listing left out. */
export interface Cut {
  readonly limit: number;
  /** How many tasks. */
  readonly unfinished: number;
  /** The cursor that goes on with the ended ones; null where none were left out. */
  readonly older: number | null;
}

/** Unfinished tasks, then ended ones from the newest; a folded sweep stands for its first member. */
export function chosen(
  layout: Layout,
  choice: Choice,
): { readonly rows: readonly ListedRow[]; readonly cut: Cut } {
  const { query, cursor, limit, folds } = choice;
  const isWanted = (task: Outline): boolean => query === null || matches(task, query);
  const unfinished = cursor === undefined ? folded(choice.unfinished.filter(isWanted), folds) : [];
  const foldedGroups = [...folds.values()].map(({ group }) => group);
  const isFolded = (number: number): boolean => foldedGroups.some((group) => isNumberOf(group, number));
  const states = query?.states ?? STATES;
  const places = ENDED_PLACES.filter((place) => states.some((state) => directoryOf(state) === place));
  const most = Math.min(choice.endedLimit, limit - unfinished.length);
  const ended: ListedRow[] = [];
  let older: number | null = null;
  const reader = new TaskReader(layout);
  const looked = new Set<TaskId>();
  const ids = newestFirst(layout, places, choice).filter(
    (id) => numberOf(id) < (cursor ?? Number.POSITIVE_INFINITY) && !isFolded(numberOf(id)),
  );
  for (const { id, near } of inBatches(layout, ids, choice)) {
    if (looked.has(id) || isFolded(numberOf(id))) continue;
    if (ended.length >= most) {
      older = choice.isRecent ? null : numberOf(id) + 1;
      break;
    }
    looked.add(id);
    const read = reader.read(id);
    // Ids that a query names may be those of unfinished tasks.
    if (!read.ok || !isTerminal(read.value.status.state) || !isWanted(read.value)) continue;
    const { group } = read.value.metadata;
    if (choice.foldsEnded && group !== undefined && isLargeIn(near, group)) {
      foldedGroups.push(group);
      ended.push(endedFold(layout, { ...choice, group, last: read.value }));
    } else ended.push(read.value);
  }
  if (choice.isRecent) ended.sort((left, right) => endedMs(right) - endedMs(left));
  const missing = unfinished.slice(limit).map((row) => ("group" in row ? row.queued.length : 1));
  return {
    rows: [...unfinished, ...ended].slice(0, limit),
    cut: { limit, unfinished: missing.reduce((total, count) => total + count, 0), older },
  };
}

function isLargeIn(ids: readonly TaskId[], group: Group): boolean {
  return ids.filter((id) => isNumberOf(group, numberOf(id))).length > MAX_UNFOLDED;
}

function endedMs(row: ListedRow): number {
  const task = "group" in row ? row.last : row;
  return (task === undefined ? null : whenEndedMs(task)) ?? 0;
}

/** The ids with those near them, in batches, so that a sweep is seen by its members; with `isRecent`, by their last change. */
function* inBatches(
  layout: Layout,
  ids: Iterator<TaskId>,
  { isRecent }: Choice,
): Generator<{ readonly id: TaskId; readonly near: readonly TaskId[] }> {
  for (let isMore = true; isMore; ) {
    const near: TaskId[] = [];
    while (isMore && near.length < UNSORTED_NEWEST) {
      const next = ids.next();
      isMore = next.done !== true;
      if (next.done !== true) near.push(next.value);
    }
    for (const id of isRecent ? byLastChange(layout, near) : near) yield { id, near };
  }
}

/** The candidates from the newest, some of them twice: with a query, first a few of the newest, then only those whose outlines match. */
function* newestFirst(
  layout: Layout,
  places: readonly EndedPlace[],
  { nowMs, query, progress }: Choice,
): Generator<TaskId> {
  const byNumber = (ids: TaskId[]): TaskId[] => ids.sort((left, right) => numberOf(right) - numberOf(left));
  if (query?.ids !== undefined) {
    yield* byNumber([...query.ids]);
    return;
  }
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
  yield* byNumber(ids);
}

/** Replaces the members of each folded sweep by one row, in the place of the first. */
function folded(tasks: readonly Task[], folds: ReadonlyMap<number, Fold>): ListedRow[] {
  const placed = new Set<Fold>();
  return tasks.flatMap((task): ListedRow[] => {
    const fold = folds.get(task.metadata.group?.id ?? 0);
    if (fold === undefined) return [task];
    if (placed.has(fold)) return [];
    placed.add(fold);
    return [fold];
  });
}
