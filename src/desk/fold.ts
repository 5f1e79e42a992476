import type { Group } from "../model/group.ts";
import { numberOf, type TaskId } from "../model/identity.ts";
import type { Task } from "../model/task.ts";
import type { Layout } from "../store/layout.ts";
import { idsIn } from "../store/reader.ts";
import type { Overview } from "./overview.ts";
import { sampledTimes, sweepLeftMs } from "./sweep-eta.ts";

/** Up to this many queued or ended members are listed one by one. */
export const MAX_UNFOLDED = 3;

/** A sweep that is listed as one row. */
export interface Fold {
  readonly group: Group;
  readonly running: readonly Task[];
  readonly queued: readonly Task[];
  /** In done/ and dead-letter/. */
  readonly done: number;
  readonly failed: number;
  /** When it will have ended, in ms from now; null for no estimate. */
  readonly leftMs: number | null;
  /** A member that ended last, where the row is for those that have ended. */
  readonly last?: Task;
}

/** The sweeps with more than `MAX_UNFOLDED` queued members, by the number of their first member. */
export function foldsOf(layout: Layout, overview: Overview, nowMs: number): ReadonlyMap<number, Fold> {
  const queued = Map.groupBy(overview.queued, groupIdOf);
  const running = Map.groupBy(overview.active, groupIdOf);
  const folds = new Map<number, Fold>();
  let ended: { readonly done: readonly TaskId[]; readonly failed: readonly TaskId[] } | null = null;
  for (const [id, waiting] of queued) {
    const group = waiting[0]?.metadata.group;
    if (group === undefined || waiting.length <= MAX_UNFOLDED) continue;
    ended ??= { done: idsIn(layout, "done"), failed: idsIn(layout, "dead-letter") };
    // Members have consecutive numbers, so they are counted without reading their records.
    const isMember = (one: TaskId): boolean => isNumberOf(group, numberOf(one));
    const unfinished = { queued: waiting, running: running.get(id) ?? [] };
    const done = ended.done.filter(isMember);
    folds.set(id, {
      group,
      ...unfinished,
      done: done.length,
      failed: ended.failed.filter(isMember).length,
      leftMs: sweepLeftMs(unfinished, { ranMs: sampledTimes(layout, done), nowMs }),
    });
  }
  return folds;
}

/** The ended members of a sweep as one row; `last` is the one that ended last. */
export function endedFold(
  layout: Layout,
  { group, last, unfinished }: { group: Group; last: Task; unfinished: readonly Task[] },
): Fold {
  const left = unfinished.filter((task) => groupIdOf(task) === group.id).length;
  const failed = idsIn(layout, "dead-letter").filter((id) => isNumberOf(group, numberOf(id))).length;
  const done = Math.max(0, group.size - left - failed);
  return { group, running: [], queued: [], done, failed, leftMs: null, last };
}

/** A member that stands for the sweep: the first unfinished one, if there is one. */
export function memberOf({ running, queued, last }: Fold): Task | undefined {
  return running[0] ?? queued[0] ?? last;
}

function groupIdOf(task: Task): number {
  return task.metadata.group?.id ?? 0;
}

/** True for the number of a member. */
export function isNumberOf({ id, size }: Group, number: number): boolean {
  return number >= id && number < id + size;
}
