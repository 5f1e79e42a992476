import { numberOf, type TaskId } from "../model/identity.ts";
import type { RetentionRules } from "../model/retention.ts";

/** What decides on a task that has ended. */
export interface EndedTask {
  readonly id: TaskId;
  readonly isDead: boolean;
  /** Milliseconds since the epoch. */
  readonly endedAtMs: number;
  /** True where something unended has to do with it: it stays. */
  readonly isNeeded: boolean;
  /** Of its folder; 0 where nobody asks. */
  readonly bytes: number;
}

/** What is to go: tasks with all they left, and logs of tasks that stay. Oldest first. */
export interface Outdated<T extends EndedTask> {
  readonly tasks: readonly T[];
  readonly logs: readonly T[];
}

/** Applies the rules to all ended tasks of a home. The newest stay; what is needed stays and counts. */
export function outdated<T extends EndedTask>(
  ended: readonly T[],
  { rules, nowMs }: { readonly rules: RetentionRules; readonly nowMs: number },
): Outdated<T> {
  const newestFirst = ended
    .filter(({ isDead }) => !isDead || rules.takesDeadLetter)
    .toSorted((left, right) => right.endedAtMs - left.endedAtMs || numberOf(right.id) - numberOf(left.id));
  const tasks: T[] = [];
  const logs: T[] = [];
  let [count, bytes] = [0, 0];
  for (const task of newestFirst) {
    const ageMs = nowMs - task.endedAtMs;
    const maxAgeMs = task.isDead ? rules.deadLetterMs : rules.doneMs;
    const isTooOld = maxAgeMs !== null && ageMs > maxAgeMs;
    const isTooMany = rules.count !== null && count >= rules.count;
    const isTooLarge = rules.bytes !== null && bytes + task.bytes > rules.bytes;
    if (!task.isNeeded && (isTooOld || isTooMany || isTooLarge)) {
      tasks.push(task);
      continue;
    }
    count += 1;
    bytes += task.bytes;
    if (!task.isNeeded && rules.logsMs !== null && ageMs > rules.logsMs) logs.push(task);
  }
  return { tasks: tasks.toReversed(), logs: logs.toReversed() };
}
