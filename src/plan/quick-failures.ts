import type { Group } from "../model/group.ts";
import type { TaskId } from "../model/identity.ts";
import { lastEnded, type Task, whenEndedMs } from "../model/task.ts";
import type { QuickFailure } from "./input.ts";

/** How a member of a sweep ended, as far as `holdAfter` asks. */
export interface MemberEnd {
  readonly task: TaskId;
  readonly endedMs: number;
  readonly isQuickFailure: boolean;
}

/** The end of a member; null for one that counts neither as a success nor as a failure: it was cancelled, or never ran. */
export function memberEnd(task: Task): MemberEnd | null {
  const { metadata, status } = task;
  const endedMs = whenEndedMs(task);
  const last = lastEnded(task);
  if (endedMs === null || last === null || status.state === "cancelled") return null;
  const withinMs = metadata.group?.holdAfter?.withinMs ?? 0;
  const isQuickFailure = status.state === "failed" && last.durationMs < withinMs;
  return { task: metadata.id, endedMs, isQuickFailure };
}

/** The quick failures since the last other end, the newest last; no more than hold the others. */
export function quickFailuresOf(
  ends: Iterable<MemberEnd>,
  { holdAfter }: Pick<Group, "holdAfter">,
): QuickFailure[] {
  const sorted = [...ends].toSorted((left, right) => left.endedMs - right.endedMs || byId(left, right));
  const other = sorted.findLastIndex(({ isQuickFailure }) => !isQuickFailure);
  return sorted
    .slice(other + 1)
    .slice(-(holdAfter?.failures ?? 1))
    .map(({ task, endedMs }) => ({ task, endedMs }));
}

function byId(left: MemberEnd, right: MemberEnd): number {
  return left.task < right.task ? -1 : 1;
}
