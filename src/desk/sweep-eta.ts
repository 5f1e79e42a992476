import type { TaskId } from "../model/identity.ts";
import { lastEnded, type Task } from "../model/task.ts";
import type { Layout } from "../store/layout.ts";
import { TaskReader } from "../store/reader.ts";

/** So many of the members that ended last say how long the next ones take. */
const SAMPLE = 20;

/** The unfinished part of a sweep. */
interface Unfinished {
  readonly running: readonly Task[];
  readonly queued: readonly Task[];
}

/**
 * When a sweep will have ended, in ms from now: each further member takes as long as the completed ones did on average, and as many run
 * at a time as now. Held members do not count. Null where none has completed, or none runs.
 */
export function sweepLeftMs(
  { running, queued }: Unfinished,
  { ranMs, nowMs }: { readonly ranMs: readonly number[]; readonly nowMs: number },
): number | null {
  if (ranMs.length === 0 || running.length === 0) return null;
  const meanMs = ranMs.reduce((total, ms) => total + ms, 0) / ranMs.length;
  const left = running.map((task) => Math.max(0, meanMs - ranFor(task, nowMs)));
  const waiting = queued.filter(({ spec }) => !spec.hold).length;
  const workMs = left.reduce((total, ms) => total + ms, waiting * meanMs);
  return Math.round(Math.max(...left, workMs / running.length));
}

function ranFor({ status }: Task, nowMs: number): number {
  const last = status.attempts.at(-1);
  return last?.state === "running" ? nowMs - Date.parse(last.startedAt ?? last.claimedAt) : 0;
}

/** How long completed members ran, in ms. */
export function ranTimes(members: Iterable<Task>): number[] {
  const times: number[] = [];
  for (const task of members) {
    const ended = task.status.state === "completed" ? lastEnded(task) : null;
    if (ended?.startedAt !== undefined) times.push(ended.durationMs);
  }
  return times;
}

/** The same of the last few of these, which are read now. */
export function sampledTimes(layout: Layout, done: readonly TaskId[]): number[] {
  const reader = new TaskReader(layout);
  return ranTimes(
    done
      .slice(-SAMPLE)
      .map((id) => reader.read(id))
      .flatMap((read) => (read.ok ? [read.value] : [])),
  );
}
