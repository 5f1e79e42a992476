import { type Steps, sortedInSteps } from "../lib/steps.ts";
import { numberOf, type TaskId } from "../model/identity.ts";
import type { RetentionRules, RunPart } from "../model/retention.ts";

/** For ever, or so many ms after the end. */
type Keep = "always" | number;

/** The facts by which an ended task is kept or removed. */
export interface EndedTask {
  readonly id: TaskId;
  readonly isDead: boolean;
  /** Milliseconds since the epoch. */
  readonly endedAtMs: number;
  /** True where an unfinished task refers to it: it is kept. */
  readonly isNeeded: boolean;
  /** How long its artifacts are kept, where the task itself says so. */
  readonly keep?: Keep | undefined;
  /** The bytes that its removal would free; 0 where no rule needs them. */
  readonly bytes: number;
}

/**
 * What is to be removed: tasks with parts of their run directory, and parts of tasks whose record stays. Oldest first where a count or
 * a size decides, else in the order in which they were listed.
 */
export interface Outdated<T extends EndedTask> {
  readonly tasks: readonly Outgoing<T>[];
  readonly parts: readonly Outgoing<T>[];
  /** Kept, although the rules would remove them. */
  readonly needed: readonly T[];
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
  const isRanked = rules.count !== null || rules.bytes !== null;
  const newestFirst = isRanked ? yield* sortedInSteps(ended, newerFirst) : ended.toReversed();
  const tasks: Outgoing<T>[] = [];
  const kept: Outgoing<T>[] = [];
  const needed: T[] = [];
  const limits = limitsOf(rules);
  let [count, bytes] = [0, 0];
  for (const [index, task] of newestFirst.entries()) {
    if (index % AT_ONCE === 0) yield;
    if (task.isDead && !rules.takesDeadLetter) continue;
    const ageMs = nowMs - task.endedAtMs;
    const maxAgeMs = task.isDead ? rules.deadLetterMs : rules.doneMs;
    const isTooOld = maxAgeMs !== null && ageMs > maxAgeMs;
    const isTooMany = rules.count !== null && count >= rules.count;
    const isTooLarge = rules.bytes !== null && bytes + task.bytes > rules.bytes;
    const isDue = isTooOld || isTooMany || isTooLarge;
    if (isDue && task.isNeeded) needed.push(task);
    if (isDue && !task.isNeeded) {
      tasks.push({ task, parts: withRecord(ageMs, rules, limitsFor(rules, limits, task.keep)) });
      continue;
    }
    count += 1;
    bytes += task.bytes;
    if (task.isNeeded) continue;
    const parts = outdatedParts(ageMs, limitsFor(rules, limits, task.keep));
    if (parts.length > 0) kept.push({ task, parts });
  }
  return { tasks: tasks.toReversed(), parts: kept.toReversed(), needed: needed.toReversed() };
}

function newerFirst(left: EndedTask, right: EndedTask): number {
  return right.endedAtMs - left.endedAtMs || numberOf(right.id) - numberOf(left.id);
}

const PARTS: readonly RunPart[] = ["logs", "artifacts", "checkpoint"];
const LOGS: readonly RunPart[] = ["logs"];

/** The parts that have a maximum age, in ms. */
type Limits = readonly (readonly [part: RunPart, maxAgeMs: number])[];

function limitsOf({ logsMs, artifactsMs, checkpointsMs }: RetentionRules): Limits {
  const ages = { logs: logsMs, artifacts: artifactsMs, checkpoint: checkpointsMs };
  return PARTS.flatMap((part) => (ages[part] === null ? [] : [[part, ages[part]]]));
}

/** The same for a task that says itself how long its artifacts are kept. */
function limitsFor({ appliesKeep }: RetentionRules, limits: Limits, keep: Keep | undefined): Limits {
  if (keep === undefined || (keep !== "always" && !appliesKeep)) return limits;
  const others = limits.filter(([part]) => part !== "artifacts");
  return keep === "always" ? others : [...others, ["artifacts", keep]];
}

/** The parts that go with the record: the logs always. */
function withRecord(ageMs: number, { takes }: RetentionRules, limits: Limits): readonly RunPart[] {
  if (takes.length === 0 && limits.length === 0) return LOGS;
  return [...new Set([...LOGS, ...takes, ...outdatedParts(ageMs, limits)])];
}

/** The parts older than their maximum age, with or without a record. */
function outdatedParts(ageMs: number, limits: Limits): readonly RunPart[] {
  return limits.length === 0 ? [] : limits.flatMap(([part, maxAgeMs]) => (ageMs > maxAgeMs ? [part] : []));
}

/** The parts to remove of a run directory without a record. */
export function outdatedRemains(ageMs: number, rules: RetentionRules, keep?: Keep): readonly RunPart[] {
  const { takes, doneMs, count, bytes } = rules;
  const isForHand = takes.length > 0 && (doneMs ?? count ?? bytes) !== null && ageMs > (doneMs ?? 0);
  const byHand = isForHand ? [...LOGS, ...takes] : [];
  return [...new Set([...byHand, ...outdatedParts(ageMs, limitsFor(rules, limitsOf(rules), keep))])];
}
