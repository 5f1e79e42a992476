import { lstatSync } from "node:fs";
import type { Group } from "../model/group.ts";
import { numberOf, type TaskId } from "../model/identity.ts";
import type { ParentState } from "../model/spec.ts";
import { isTerminal } from "../model/state.ts";
import type { Task } from "../model/task.ts";
import type { Layout } from "./layout.ts";
import { idsIn, readTask } from "./reader.ts";

/** The state of a task for those that depend on it; one whose record cannot be read counts as unfinished. */
export function parentState(layout: Layout, id: TaskId): ParentState {
  const read = readTask(layout, id);
  if (!read.ok) return read.error.type === "missing" ? "gone" : "unfinished";
  const { state } = read.value.status;
  return isTerminal(state) ? state : "unfinished";
}

/** The failed members of a sweep. */
export function failedMembers(layout: Layout, { id: first, size }: Pick<Group, "id" | "size">): Set<TaskId> {
  // The numbers of members are consecutive.
  const near = idsIn(layout, "dead-letter").filter(
    (id) => numberOf(id) >= first && numberOf(id) < first + size,
  );
  return new Set(
    near.filter((id) => {
      const read = readTask(layout, id);
      return read.ok && read.value.status.state === "failed" && read.value.metadata.group?.id === first;
    }),
  );
}

/** The members of a sweep that ended last: since the first of its last `holdAfter.failures` failures; none where none failed. */
export function lastEndedMembers(layout: Layout, { id: first, size, holdAfter }: Group): Task[] {
  const failed = membersAmong(layout, "dead-letter", { first, size });
  const ends = failed.map(endMs).toSorted((left, right) => left - right);
  const sinceMs = ends.at(-(holdAfter?.failures ?? 1)) ?? ends[0];
  if (sinceMs === undefined) return [];
  // Of a long sweep, most members had succeeded before: their files tell when they were written last.
  const done = membersAmong(layout, "done", { first, size, sinceMs });
  return [...failed, ...done].filter((task) => endMs(task) >= sinceMs);
}

function membersAmong(
  layout: Layout,
  place: "done" | "dead-letter",
  { first, size, sinceMs = 0 }: { readonly first: number; readonly size: number; readonly sinceMs?: number },
): Task[] {
  return idsIn(layout, place).flatMap((id) => {
    if (numberOf(id) < first || numberOf(id) >= first + size) return [];
    const { mtimeMs = 0 } = lstatSync(layout.record(place, id), { throwIfNoEntry: false }) ?? {};
    if (mtimeMs < sinceMs - CLOCK_STEP_MS) return [];
    const read = readTask(layout, id);
    return read.ok && read.value.metadata.group?.id === first ? [read.value] : [];
  });
}

/** The clock of the file system may be a tick behind. */
const CLOCK_STEP_MS = 1_000;

function endMs({ status }: Task): number {
  return "endedAt" in status ? Date.parse(status.endedAt) : 0;
}
