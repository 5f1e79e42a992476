import type { ProgressView } from "../../desk/caller.ts";
import { type Fold, isNumberOf } from "../../desk/fold.ts";
import { numberOf, type TaskId } from "../../model/identity.ts";
import type { Outline } from "../../model/outline.ts";
import { matcherOf, matches, type Query } from "../../model/query.ts";
import { directoryOf, ENDED_PLACES, type EndedPlace, isTerminal, STATES } from "../../model/state.ts";
import { type Task, whenEndedMs } from "../../model/task.ts";
import type { Layout } from "../../store/layout.ts";
import { byLastChange, newestIds } from "../../store/newest.ts";
import { eachOutline } from "../../store/outlines.ts";
import { TaskReader } from "../../store/reader.ts";

/** This many of the newest tasks are found without sorting all of them. */
const UNSORTED_NEWEST = 100;

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
  readonly nowMs: number;
  readonly progress: ProgressView;
}

/** Unfinished tasks, then ended ones from the newest; a folded sweep stands for its first member. */
export function chosen(layout: Layout, choice: Choice): ListedRow[] {
  const { query, cursor, limit, folds } = choice;
  const isWanted = (task: Outline): boolean => query === null || matches(task, query);
  const unfinished = cursor === undefined ? folded(choice.unfinished.filter(isWanted), folds) : [];
  const isFolded = (number: number): boolean =>
    [...folds.values()].some(({ group }) => isNumberOf(group, number));
  const states = query?.states ?? STATES;
  const places = ENDED_PLACES.filter((place) => states.some((state) => directoryOf(state) === place));
  const most = Math.min(choice.endedLimit, limit - unfinished.length);
  const ended: Task[] = [];
  const reader = new TaskReader(layout);
  const looked = new Set<TaskId>();
  const ids = newestFirst(layout, places, choice).filter(
    (id) => numberOf(id) < (cursor ?? Number.POSITIVE_INFINITY) && !isFolded(numberOf(id)),
  );
  for (const id of choice.isRecent ? byLastChange(layout, [...ids.take(UNSORTED_NEWEST)]) : ids) {
    if (ended.length >= most) break;
    if (looked.has(id)) continue;
    looked.add(id);
    const read = reader.read(id);
    // Ids that a query names may be those of unfinished tasks.
    if (read.ok && isTerminal(read.value.status.state) && isWanted(read.value)) ended.push(read.value);
  }
  if (choice.isRecent) ended.sort((left, right) => (whenEndedMs(right) ?? 0) - (whenEndedMs(left) ?? 0));
  return [...unfinished, ...ended].slice(0, limit);
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
