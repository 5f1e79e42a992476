import { type Steps, sortedInSteps } from "../lib/steps.ts";
import { numberOf, type TaskId } from "../model/identity.ts";
import type { RetentionRules, RunPart } from "../model/retention.ts";

/** The facts by which an ended task is kept or removed. */
export interface EndedTask {
  readonly id: TaskId;
  readonly isDead: boolean;
  /** Milliseconds since the epoch. */
  readonly endedAtMs: number;
  /** True where an unfinished task refers to it: it is kept. */
  readonly isNeeded: boolean;
  /** The bytes that its removal would free; 0 where no rule needs them. */
  readonly bytes: number;
}

/** What is to be removed, oldest first: tasks with parts of their run directory, and parts of tasks whose record stays. */
export interface Outdated<T extends EndedTask> {
  readonly tasks: readonly Outgoing<T>[];
  readonly parts: readonly Outgoing<T>[];
}

interface Outgoing<T> {
  readonly task: T;
  readonly parts: readonly RunPart[];
}

/** This many tasks are examined well within one slice. */
const AT_ONCE = 5_000;

/** Applies the rules to all ended tasks of a home. The newest are kept; tasks that are needed are kept and counted. */
export function* outdated<T extends EndedTask>(
  ended: readonly T[],
  { rules, nowMs }: { readonly rules: RetentionRules; readonly nowMs: number },
): Steps<Outdated<T>> {
  const newestFirst = yield* sortedInSteps(
    ended,
    (left, right) => right.endedAtMs - left.endedAtMs || numberOf(right.id) - numberOf(left.id),
  );
  const tasks: Outgoing<T>[] = [];
  const kept: Outgoing<T>[] = [];
  let [count, bytes] = [0, 0];
  for (const [index, task] of newestFirst.entries()) {
    if (index % AT_ONCE === 0) yield;
    if (task.isDead && !rules.takesDeadLetter) continue;
    const ageMs = nowMs - task.endedAtMs;
    const parts = outdatedParts(ageMs, rules);
    const maxAgeMs = task.isDead ? rules.deadLetterMs : rules.doneMs;
    const isTooOld = maxAgeMs !== null && ageMs > maxAgeMs;
    const isTooMany = rules.count !== null && count >= rules.count;
    const isTooLarge = rules.bytes !== null && bytes + task.bytes > rules.bytes;
    if (!task.isNeeded && (isTooOld || isTooMany || isTooLarge)) {
      const all = rules.takesArtifacts
        ? (["logs", "artifacts", "checkpoint"] as const)
        : (["logs", ...parts] as const);
      tasks.push({ task, parts: [...new Set(all)] });
      continue;
    }
    count += 1;
    bytes += task.bytes;
    if (!task.isNeeded && parts.length > 0) kept.push({ task, parts });
  }
  return { tasks: tasks.toReversed(), parts: kept.toReversed() };
}

/** The parts whose span has passed at this age, with or without a record. */
function outdatedParts(ageMs: number, { logsMs, artifactsMs, checkpointsMs }: RetentionRules): RunPart[] {
  const limits = [
    ["logs", logsMs],
    ["artifacts", artifactsMs],
    ["checkpoint", checkpointsMs],
  ] as const;
  return limits.flatMap(([part, maxAgeMs]) => (maxAgeMs !== null && ageMs > maxAgeMs ? [part] : []));
}

/** The parts to remove of a run directory without a record. */
export function outdatedRemains(ageMs: number, rules: RetentionRules): RunPart[] {
  const isForHand = rules.takesArtifacts && (rules.doneMs ?? rules.count ?? rules.bytes) !== null;
  if (isForHand && ageMs > (rules.doneMs ?? 0)) return ["logs", "artifacts", "checkpoint"];
  return outdatedParts(ageMs, rules);
}
