import { counted } from "../lib/counted.ts";
import type { TaskId } from "../model/identity.ts";
import { describeKey, workKeyOf } from "../model/reuse.ts";
import { isActive } from "../model/state.ts";
import { type CancelledReason, isCollecting, openAttempt, type Task } from "../model/task.ts";
import { gateOf, unmetParentsOf } from "./gate.ts";
import type { PlanInput } from "./input.ts";
import { isBetweenAttempts, isFresh, isOnItsWay } from "./lane.ts";

/*
 * Admission: which queued tasks are cancelled because of other tasks, and which running ones a newer task supersedes.
 *
 * The rules, each applied to what the earlier ones have left
 *   1. parents: a parent ended otherwise than `after` wants, and `onParentFailure` is cancel; or the failure it waited for did not come;
 *   2. sweep: `maxFailures` members have failed;
 *   3. `unique`: an unfinished task has the same key (of several, the one that has run, then the lowest number, stays);
 *   4. `key`, `reuse`: a task with the same key or fingerprint has succeeded, or is unfinished, as in 3, also one of the same batch;
 *   5. `admission: replace`: a newer replacement cancels older ones that have not started, and a task between two attempts;
 *   6. `admission: dropIfRunning`: the lane has a task that runs or will run;
 *   7. `admission: replace`: the newest replacement, once its gates are open, supersedes the running tasks of its lane, which get a TERM.
 *   8. sweep: the last `holdAfter.failures` members to end have failed quickly; those that are queued are held.
 *
 * Invariants
 *   - Decisions depend on records alone, not on the time of submission: submitting and deciding are separate steps, and a crash between
 *     them changes nothing. Applied to its own result, admission decides nothing more.
 *   - Rules 3 to 6 cancel only tasks that have never run, and rule 5 one between attempts. A task that a user retried (epoch 2 and later)
 *     is exempt from all of them, and from rule 5 until it is between attempts again.
 *   - No task is cancelled for one that is cancelled itself, and but for rule 4 the tasks of one batch never cancel each other. So of a
 *     key or a lane at least one task is always left, or has succeeded.
 *   - The cancellations are written in the order of the result; a crash after any of them leads to the same end.
 */

/** A queued task that is to be cancelled, and why. */
export interface Cancellation {
  readonly task: Task;
  readonly reason: CancelledReason;
  readonly message: string;
}

export interface AdmissionResult {
  readonly dismissed: readonly Cancellation[];
  /** Running tasks that a newer one in their lane replaces. */
  readonly superseded: readonly { readonly task: Task; readonly by: TaskId }[];
  /** Members that their sweep holds, and the failures that are the reason. */
  readonly held: readonly { readonly task: Task; readonly failures: readonly TaskId[] }[];
}

/** Applies the rules in order; see the head of this file. */
export function applyAdmission(around: PlanInput): AdmissionResult {
  const { active } = around;
  const dismissed: Cancellation[] = [];
  let left = around.queued;
  const drop = (rule: (task: Task) => Found): void => {
    const kept: Task[] = [];
    for (const task of left) {
      const found = rule(task);
      if (found === null) kept.push(task);
      else dismissed.push({ task, ...found });
    }
    left = kept;
  };
  drop((task) => afterParents(task, around) ?? afterMembers(task, around));
  const keys = firstBy([...active, ...left], ({ spec }) => spec.unique);
  if (keys.size > 0) drop((task) => duplicate(task, keys));
  drop((task) => doneBefore(task, around));
  const works = firstBy([...active, ...left], workKeyOf);
  if (works.size > 0) drop((task) => sameWork(task, works));
  const replacing = replacements(left);
  if (replacing.size > 0) drop((task) => superseded(task, { replacing, around }));
  const lanes = firstBy([...active, ...left], (task) =>
    isOnItsWay(task, around.nowMs) ? task.spec.slot : undefined,
  );
  if (lanes.size > 0) drop((task) => slotBusy(task, lanes));
  const giving = active.flatMap((task) => {
    const by = task.spec.slot === undefined ? undefined : replacing.get(task.spec.slot);
    const isStoppable = openAttempt(task)?.stop === undefined && !isCollecting(task);
    const isAsked = by !== undefined && !isSameBatch(by, task) && isStoppable;
    return isAsked && gateOf(by, around).type === "open" ? [{ task, by: by.metadata.id }] : [];
  });
  return { dismissed, superseded: giving, held: left.flatMap((task) => heldBySweep(task, around)) };
}

/** False for a task that is independent of all others: admission never cancels it, nor another task because of it. */
export function isCoupled({ spec, metadata }: Task): boolean {
  return (
    spec.after !== undefined ||
    spec.unique !== undefined ||
    spec.key !== undefined ||
    spec.reuse === true ||
    spec.slot !== undefined ||
    metadata.group?.maxFailures !== undefined ||
    metadata.group?.holdAfter !== undefined
  );
}

type Found = Omit<Cancellation, "task"> | null;

/** For each key the task that stays: one that has run, else the lowest number. */
function firstBy(
  tasks: readonly Task[],
  keyOf: (task: Task) => string | undefined,
): ReadonlyMap<string, Task> {
  const first = new Map<string, Task>();
  for (const task of tasks) {
    const key = keyOf(task);
    if (key === undefined) continue;
    const known = first.get(key);
    if (known === undefined || isBefore(task, known)) first.set(key, task);
  }
  return first;
}

function isBefore(left: Task, right: Task): boolean {
  if (isFresh(left) !== isFresh(right)) return isFresh(right);
  return left.metadata.number < right.metadata.number;
}

/** The newest fresh task with `admission: replace` of each lane. */
function replacements(queued: readonly Task[]): ReadonlyMap<string, Task> {
  const newest = new Map<string, Task>();
  for (const task of queued) {
    const { slot, admission } = task.spec;
    if (slot === undefined || admission !== "replace" || !isFresh(task)) continue;
    const known = newest.get(slot);
    if (known === undefined || known.metadata.number < task.metadata.number) newest.set(slot, task);
  }
  return newest;
}

/** Tasks of one batch do not compete with each other. */
function isSameBatch({ metadata: left }: Task, { metadata: right }: Task): boolean {
  return left.uid === right.uid || (left.batch !== undefined && left.batch === right.batch);
}

function duplicate(task: Task, keys: ReadonlyMap<string, Task>): Found {
  const first = task.spec.unique === undefined ? undefined : keys.get(task.spec.unique);
  if (first === undefined || isSameBatch(first, task) || !isFresh(task)) return null;
  const message = `${first.metadata.id} has the key ${task.spec.unique} and has not ended`;
  return { reason: "Duplicate", message };
}

/** Its work is done: a task with its key has succeeded. */
function doneBefore(task: Task, { doneKeys }: PlanInput): Found {
  const key = task.spec.rerun === true ? undefined : workKeyOf(task);
  const done = key === undefined ? undefined : doneKeys.get(key);
  if (key === undefined || done === undefined || !isFresh(task)) return null;
  return { reason: "Duplicate", message: `${done} has succeeded with ${describeKey(key)}` };
}

function sameWork(task: Task, works: ReadonlyMap<string, Task>): Found {
  const key = workKeyOf(task);
  const first = key === undefined ? undefined : works.get(key);
  if (key === undefined || first === undefined || first === task || !isFresh(task)) return null;
  const message = `${first.metadata.id} has ${describeKey(key)} and has not ended`;
  return { reason: "Duplicate", message };
}

/** An older replacement that has not started, and a task between two attempts, are cancelled at once. */
function superseded(
  task: Task,
  { replacing, around }: { replacing: ReadonlyMap<string, Task>; around: PlanInput },
): Found {
  const { slot, admission } = task.spec;
  const by = slot === undefined ? undefined : replacing.get(slot);
  if (by === undefined || isSameBatch(by, task)) return null;
  const isEarlierHead = admission === "replace" && isFresh(task);
  const isWaitingOwner = isBetweenAttempts(task) && gateOf(by, around).type === "open";
  if (!isEarlierHead && !isWaitingOwner) return null;
  return { reason: "Superseded", message: `replaced by ${by.metadata.id} in the lane ${slot}` };
}

function slotBusy(task: Task, lanes: ReadonlyMap<string, Task>): Found {
  const { slot, admission } = task.spec;
  const owner = slot === undefined ? undefined : lanes.get(slot);
  if (admission !== "dropIfRunning" || owner === undefined) return null;
  if (isSameBatch(owner, task) || !isFresh(task)) return null;
  const how = isActive(owner.status.state) ? "runs" : "waits";
  return { reason: "SlotBusy", message: `the lane ${slot} is busy: ${owner.metadata.id} ${how} in it` };
}

/** Why the outcome of its parents cancels a task; null where it waits for them, or may run. */
export function afterParents(task: Task, around: PlanInput): Found {
  if (task.metadata.epoch > 1) return null;
  const hopeless = unmetParentsOf(task, around.parents).filter(({ state }) => state !== "unfinished");
  const needless = hopeless.find(({ when, state }) => when === "failure" && state === "completed");
  if (needless !== undefined)
    return { reason: "NotNeeded", message: `it was to run if ${needless.task} failed, but that succeeded` };
  const [first] = hopeless;
  if (first === undefined || task.spec.onParentFailure !== "cancel") return null;
  const choice = hopeless.filter(({ when }) => when === "oneOf");
  if (first.when !== "oneOf" || choice.length === 1)
    return { reason: "ParentFailed", message: `its parent ${first.task} is ${first.state}` };
  return { reason: "ParentFailed", message: `none of its ${choice.length} parents has succeeded` };
}

function afterMembers(task: Task, around: PlanInput): Found {
  const { group, epoch } = task.metadata;
  if (group?.maxFailures === undefined || epoch > 1) return null;
  const failed = around.failedMembers.get(group.id) ?? 0;
  if (failed < group.maxFailures) return null;
  return {
    reason: "GroupFailed",
    message: `${counted(failed, "member")} of ${group.name} failed (limit ${group.maxFailures})`,
  };
}

function heldBySweep(task: Task, around: PlanInput): AdmissionResult["held"] {
  const { group, failuresFrom } = task.metadata;
  if (group?.holdAfter === undefined || task.spec.hold) return [];
  const fromMs = failuresFrom === undefined ? Number.NEGATIVE_INFINITY : Date.parse(failuresFrom);
  const since = (around.quickFailures.get(group.id) ?? []).filter(({ endedMs }) => endedMs > fromMs);
  const last = since.slice(-group.holdAfter.failures);
  return last.length < group.holdAfter.failures ? [] : [{ task, failures: last.map((one) => one.task) }];
}
