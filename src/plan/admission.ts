import type { TaskId } from "../model/identity.ts";
import { isActive } from "../model/state.ts";
import { type CancelledReason, openAttempt, type Task } from "../model/task.ts";
import { gateOf, unmetParentsOf } from "./gate.ts";
import type { PlanInput } from "./input.ts";
import { isBetweenAttempts, isFresh, isOnItsWay } from "./lane.ts";

/** A queued task that is not to run any more. */
export interface Cancellation {
  readonly task: Task;
  readonly reason: CancelledReason;
  readonly message: string;
}

/** What admission and dependencies call off. */
export interface AdmissionResult {
  readonly dismissed: readonly Cancellation[];
  /** Running tasks that give way to a newer one in their lane. */
  readonly superseded: readonly { readonly task: Task; readonly by: TaskId }[];
}

/**
 * Decides by what is on record alone, so that a crash between a submission and this changes nothing. Only tasks that have
 * not begun are dropped for another; what a person asked for again is never dropped. One rule after the other looks at
 * what the earlier ones left, so that nothing is dropped for a task that is dropped itself, and a crash after any of
 * the dismissals, written in this order, leads to the same end.
 */
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
  const replacing = replacements(left);
  if (replacing.size > 0) drop((task) => superseded(task, { replacing, around }));
  const lanes = firstBy([...active, ...left], (task) =>
    isOnItsWay(task, around.nowMs) ? task.spec.slot : undefined,
  );
  if (lanes.size > 0) drop((task) => slotBusy(task, lanes));
  const giving = active.flatMap((task) => {
    const by = task.spec.slot === undefined ? undefined : replacing.get(task.spec.slot);
    const isAsked = by !== undefined && !isSameBatch(by, task) && openAttempt(task)?.stop === undefined;
    return isAsked && gateOf(by, around).type === "open" ? [{ task, by: by.metadata.id }] : [];
  });
  return { dismissed, superseded: giving };
}

/** False for a task that has nothing to do with any other: it is never called off, and no other one is for it. */
export function isCoupled({ spec, metadata }: Task): boolean {
  return (
    spec.after !== undefined ||
    spec.unique !== undefined ||
    spec.slot !== undefined ||
    metadata.group?.maxFailures !== undefined
  );
}

type Found = Omit<Cancellation, "task"> | null;

/** Of the tasks with a key, the one that comes first: one that has begun, then the lowest number. */
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

/** The newest fresh task of each lane that is to replace what it finds there. */
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

/** Tasks that were queued together stand together: none of them is in the way of another. */
function isSameBatch({ metadata: left }: Task, { metadata: right }: Task): boolean {
  return left.uid === right.uid || (left.batch !== undefined && left.batch === right.batch);
}

function duplicate(task: Task, keys: ReadonlyMap<string, Task>): Found {
  const first = task.spec.unique === undefined ? undefined : keys.get(task.spec.unique);
  if (first === undefined || isSameBatch(first, task) || !isFresh(task)) return null;
  const message = `${first.metadata.id} has the key ${task.spec.unique} and has not ended`;
  return { reason: "Duplicate", message };
}

/** An earlier replacement that has not begun, and a task that sleeps between two attempts, give way at once. */
function superseded(
  task: Task,
  { replacing, around }: { replacing: ReadonlyMap<string, Task>; around: PlanInput },
): Found {
  const { slot, admission } = task.spec;
  const by = slot === undefined ? undefined : replacing.get(slot);
  if (by === undefined || isSameBatch(by, task)) return null;
  const isEarlierHead = admission === "replace" && isFresh(task);
  const isSleepingOwner = isBetweenAttempts(task) && gateOf(by, around).type === "open";
  if (!isEarlierHead && !isSleepingOwner) return null;
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

/** What calls a task off for how its parents have ended; null where it waits, or goes on. */
export function afterParents(task: Task, around: PlanInput): Found {
  if (task.metadata.epoch > 1) return null;
  const hopeless = unmetParentsOf(task, around.parents).filter(({ state }) => state !== "unfinished");
  const needless = hopeless.find(({ when, state }) => when === "failure" && state === "completed");
  if (needless !== undefined)
    return { reason: "NotNeeded", message: `it was to run if ${needless.task} failed, which succeeded` };
  const [first] = hopeless;
  if (first === undefined || task.spec.onParentFailure !== "cancel") return null;
  return { reason: "ParentFailed", message: `its parent ${first.task} is ${first.state}` };
}

function afterMembers(task: Task, around: PlanInput): Found {
  const { group, epoch } = task.metadata;
  if (group?.maxFailures === undefined || epoch > 1) return null;
  const failed = around.failedMembers.get(group.id) ?? 0;
  if (failed < group.maxFailures) return null;
  return {
    reason: "GroupFailed",
    message: `${failed} members of ${group.name} failed, of ${group.maxFailures} allowed`,
  };
}
