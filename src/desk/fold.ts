import { wholeOf } from "../lib/steps.ts";
import type { Group } from "../model/group.ts";
import { numberOf, type TaskId } from "../model/identity.ts";
import type { Task } from "../model/task.ts";
import type { Layout } from "../store/layout.ts";
import { type Listing, listing } from "../store/listing.ts";
import { endedFiles } from "../store/outlines.ts";
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
  readonly completed: number;
  readonly cancelled: number;
  readonly failed: number;
  /** Members whose records were cleaned up. */
  readonly cleaned: number;
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
  let folders: Folders | null = null;
  for (const [id, waiting] of queued) {
    const group = waiting[0]?.metadata.group;
    if (group === undefined || waiting.length <= MAX_UNFOLDED) continue;
    folders ??= foldersOf(layout, nowMs);
    const unfinished = { queued: waiting, running: running.get(id) ?? [] };
    const { completed, ...counts } = endedMembers(layout, group, folders);
    folds.set(id, {
      group,
      ...unfinished,
      ...counts,
      completed: completed.length,
      cleaned: 0,
      leftMs: sweepLeftMs(unfinished, { ranMs: sampledTimes(layout, completed), nowMs }),
    });
  }
  return folds;
}

/** The ended members of a sweep as one row; `last` is the one that ended last. */
export function endedFold(
  layout: Layout,
  of: {
    readonly group: Group;
    readonly last: Task;
    readonly unfinished: readonly Task[];
    readonly nowMs: number;
  },
): Fold {
  const { group, last, unfinished, nowMs } = of;
  const left = unfinished.filter((task) => groupIdOf(task) === group.id).length;
  const { completed, cancelled, failed, unreadable } = endedMembers(layout, group, foldersOf(layout, nowMs));
  const onRecord = left + completed.length + cancelled + failed + unreadable;
  return {
    group,
    running: [],
    queued: [],
    completed: completed.length,
    cancelled,
    failed,
    cleaned: Math.max(0, group.size - onRecord),
    leftMs: null,
    last,
  };
}

/** The folders of ended tasks, listed once for all sweeps. */
interface Folders {
  readonly done: Listing;
  readonly failed: readonly TaskId[];
  readonly nowMs: number;
}

function foldersOf(layout: Layout, nowMs: number): Folders {
  return { done: wholeOf(listing(layout, "done")), failed: idsIn(layout, "dead-letter"), nowMs };
}

interface EndedMembers {
  readonly completed: readonly TaskId[];
  readonly cancelled: number;
  readonly failed: number;
  readonly unreadable: number;
}

/** Members have consecutive numbers: failed ones are counted without their records, others by their outlines, which are cached. */
function endedMembers(layout: Layout, group: Group, { done, failed, nowMs }: Folders): EndedMembers {
  const range = { first: group.id, last: group.id + group.size - 1 };
  const completed: TaskId[] = [];
  let [cancelled, unreadable] = [0, 0];
  for (const { id, outline } of endedFiles(layout, "done", { nowMs, listed: done, range })) {
    if (!isNumberOf(group, numberOf(id))) continue;
    if (outline === null) unreadable += 1;
    else if (outline.status.state === "cancelled") cancelled += 1;
    else completed.push(id);
  }
  const ofGroup = failed.filter((id) => isNumberOf(group, numberOf(id)));
  return { completed, cancelled, failed: ofGroup.length, unreadable };
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
