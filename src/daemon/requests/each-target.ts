import { err, ok, type Result } from "../../lib/result.ts";
import { chunksOf, type Steps } from "../../lib/steps.ts";
import type { Edit } from "../../model/edit.ts";
import { type ErrorCode, type Problem, problem, rejected } from "../../model/errors.ts";
import type { Answer, Request, Target } from "../../model/request.ts";
import { directoryOf, isTerminal } from "../../model/state.ts";
import type { Task } from "../../model/task.ts";
import { isAnyIncoming } from "../../store/batch.ts";
import { readTask } from "../../store/reader.ts";
import type { Change, CommitFault } from "../../store/writer.ts";
import { refreshFromDisk } from "../commit/external-edit.ts";
import type { Supervisor } from "../supervisor.ts";

/** The change that an operation makes to one task, null for none, with the word for the answer; or why it is refused. */
export type TargetChange = Result<{ readonly change: Change | null; readonly done: string }, Problem>;

/** What a retry is answered that ended the wait between two attempts. */
export const WITHOUT_WAIT = "queued, without the wait";

/** The operation, its actor and the time of the request. */
export type RequestedOperation = Omit<Request, "id">;

/** Targets that are changed with one sync of the journal; a step blocks the loop. */
const TARGETS_A_STEP = 32;

/**
 * Applies an operation to each of its targets, TARGETS_A_STEP in one commit, and returns an answer for each.
 *
 * A target names a task by id, uid and epoch, and by its version where that matters. So a request that was made for an earlier epoch or
 * version changes nothing: it is answered with VERSION_CONFLICT.
 *
 * Order for some targets: wait until none of them is in a batch that is still to be published; read a queued record again, which may
 * have been edited by hand; compute the changes; commit them at once. Where the disk refuses, wait until the home is writable, and
 * repeat the refused ones only.
 *
 * A crash between a commit and the reply makes the next supervisor carry out the whole request again. A cancel, retry or set that is on
 * record with a later time than the request is answered as done (`doneBefore`), since it must not take effect twice. Hold, release, pause
 * and resume act on the state that they find.
 */
export function* eachTarget(
  supervisor: Supervisor,
  requested: RequestedOperation,
  toStep: (task: Task) => TargetChange,
): Steps<Answer[]> {
  const answers: Answer[] = [];
  const targets = "targets" in requested.operation ? requested.operation.targets : [];
  for (const some of chunksOf(targets, TARGETS_A_STEP)) {
    // A task of a batch that is being published, or waits for that, is in memory soon.
    while (areOnTheirWay(supervisor, some)) yield "wait";
    let made = changeSome(supervisor, some, { requested, toStep });
    if (supervisor.committer.degraded === null) yield;
    else {
      // A caller that does not wait gets the refusals as they are.
      yield "wait";
      const isWritable = supervisor.committer.degraded === null;
      if (isWritable)
        made = replaced(made, changeSome(supervisor, some.filter(isRefused(made)), { requested, toStep }));
    }
    answers.push(...made);
  }
  return answers;
}

/** True where one of some tasks is accepted and not in memory yet. A mere command publishes nothing later, and does not wait. */
export function areOnTheirWay({ queue, context }: Supervisor, targets: readonly Target[]): boolean {
  const ids = targets.map(({ id }) => id);
  if (ids.some((id) => queue.arrivals.isAwaited(id))) return true;
  if (context.lock.owner.role === "command") return false;
  return isAnyIncoming(
    context.layout,
    ids.filter((id) => !queue.tasks.has(id)),
  );
}

const DISK: ReadonlySet<string> = new Set<ErrorCode>(["DISK_FULL", "HOME_UNUSABLE", "WRITE_FAILED"]);

/** Tells which targets the disk refused. */
function isRefused(answers: readonly Answer[]): (target: Target) => boolean {
  const ids = new Set(
    answers.filter(({ problem: found }) => DISK.has(found?.code ?? "")).map(({ id }) => id),
  );
  return ({ id }) => ids.has(id);
}

function replaced(before: readonly Answer[], after: readonly Answer[]): Answer[] {
  const answers = new Map(after.map((answer) => [answer.id, answer]));
  return before.map((answer) => answers.get(answer.id) ?? answer);
}

function changeSome(
  supervisor: Supervisor,
  targets: readonly Target[],
  {
    requested,
    toStep,
  }: { readonly requested: RequestedOperation; readonly toStep: (task: Task) => TargetChange },
): Answer[] {
  const isDry = "dryRun" in requested.operation && requested.operation.dryRun === true;
  const steps = targets.map((target) => {
    const before = isDry ? null : doneBefore(supervisor, target, requested);
    if (before !== null) return { target, before };
    const task = targetTask(supervisor, target);
    return { target, before, step: task.ok ? toStep(task.value) : task };
  });
  const changes = steps.flatMap(({ step: planned }) => (planned?.ok ? (planned.value.change ?? []) : []));
  if (isDry) return steps.map(({ target, step: planned }) => dryAnswer(target, planned));
  const results = new Map(supervisor.committer.commit(changes).map(({ change, result }) => [change, result]));
  return steps.map(({ target: { id }, before, step: planned }) => {
    if (planned === undefined) return { id, done: before };
    if (!planned.ok) return { id, problem: { ...planned.error } };
    const { change, done } = planned.value;
    const result = change === null ? undefined : results.get(change);
    if (change !== null && result?.ok === false)
      return { id, problem: { ...problemOf(result.error, change) } };
    return { id, done };
  });
}

/** What would have been done. */
function dryAnswer({ id }: Target, planned: TargetChange | undefined): Answer {
  if (planned?.ok === false) return { id, problem: { ...planned.error } };
  const { change = null, done = "" } = planned?.value ?? {};
  return { id, done: change === null ? done : `would be ${done}` };
}

function problemOf(fault: CommitFault, { before }: Change): Problem {
  if (fault.type === "refused") return fault.problem;
  const { metadata, status } = before;
  const message = `Cannot change task "${metadata.id}": its record is no longer in ${directoryOf(status.state)}/`;
  return problem("NOT_FOUND", message, "the file was moved or removed by hand");
}

/** The answer for a cancel, complete, retry or set that took effect before a crash, or by a concurrent request; null where it is still to be decided. */
function doneBefore(
  { queue, context }: Supervisor,
  target: Target,
  { operation, at }: RequestedOperation,
): string | null {
  const { id, uid, epoch, version } = target;
  const { verb } = operation;
  if (verb !== "cancel" && verb !== "complete" && verb !== "retry" && verb !== "set") return null;
  const known = queue.tasks.get(id);
  const read = known === undefined ? readTask(context.layout, id) : ok(known);
  if (!read.ok || read.value.metadata.uid !== uid) return null;
  const { metadata, status } = read.value;
  if (verb === "retry" && metadata.epoch === epoch + 1) return metadata.updatedAt > at ? "queued" : null;
  if (metadata.epoch !== epoch) return null;
  if (verb === "retry")
    return hasEndedWait(read.value, target, at) && isEdited(read.value, target.edit) ? WITHOUT_WAIT : null;
  if (verb === "set") {
    const isChanged = version !== undefined && metadata.resourceVersion > version && metadata.updatedAt > at;
    return isChanged && isEdited(read.value, operation) ? "changed" : null;
  }
  if (verb === "complete") {
    const isStopped = status.state === "completed" && status.attempts.at(-1)?.stop?.reason === "Stop";
    return isStopped && status.endedAt > at ? "completed" : null;
  }
  return status.state === "cancelled" && status.reason === "User" && status.endedAt > at ? "cancelled" : null;
}

/** True where a task waits no longer for its next attempt, or has started one since the request. */
function hasEndedWait({ metadata, status }: Task, { attempt }: Target, at: string): boolean {
  if (attempt === undefined) return false;
  const last = status.attempts.at(-1);
  const isReady = status.state === "queued" && status.retryAt === undefined;
  const hasWaited = last?.epoch === metadata.epoch && metadata.updatedAt > at;
  return status.attempt > attempt || (isReady && hasWaited);
}

function isEdited({ metadata, spec }: Task, edit: Edit | undefined): boolean {
  return (
    edit === undefined || (Bun.deepEquals(spec, edit.spec) && Bun.deepEquals(metadata.labels, edit.labels))
  );
}

/** The task as it is on the disk, if it is the one that the target names. */
export function targetTask(supervisor: Supervisor, target: Target): Result<Task, Problem> {
  const known = supervisor.queue.tasks.get(target.id);
  const current = known?.status.state === "queued" ? refreshFromDisk(supervisor, known) : known;
  if (current === null) {
    const errno = supervisor.queue.unreadableRecords.get(target.id)?.errno ?? null;
    if (errno !== null) return err(refusedRead(target, { errno }));
    return err(supervisor.queue.tasks.has(target.id) ? unreadable(target) : gone(target));
  }
  const read = current === undefined ? readTask(supervisor.context.layout, target.id) : ok(current);
  if (!read.ok) return err(read.error.type === "unreadable" ? refusedRead(target, read.error) : gone(target));
  // A change would be written beside the record that is published later.
  if (current === undefined && !isTerminal(read.value.status.state)) return err(notLoaded(target));
  const { uid, epoch, resourceVersion } = read.value.metadata;
  if (uid !== target.uid || epoch !== target.epoch) {
    return rejected(
      "VERSION_CONFLICT",
      `Cannot change task "${target.id}": it was retried or replaced in the meantime`,
      `see what it is now: stint show ${read.value.metadata.number}`,
    );
  }
  if (target.version !== undefined && target.version !== resourceVersion) {
    const message = `Cannot change task "${target.id}": it has version ${resourceVersion} now, the change was made for ${target.version}`;
    return rejected("VERSION_CONFLICT", message, "read it again and repeat the change");
  }
  return read;
}

function unreadable({ id }: Target): Problem {
  const message = `Cannot change task "${id}": its record in pending/ cannot be read, as while an editor saves it`;
  return problem("VERSION_CONFLICT", message, "repeat the change once that is done");
}

function notLoaded({ id }: Target): Problem {
  const message = `Cannot change task "${id}": it is being queued`;
  return problem(
    "VERSION_CONFLICT",
    message,
    "repeat the change in a moment; `stint doctor` tells what is in the way",
  );
}

function refusedRead({ id }: Target, { errno }: { readonly errno: string }): Problem {
  return problem("WRITE_FAILED", `Cannot read the record of "${id}": ${errno}`, "see `stint doctor`");
}

function gone({ id }: Target): Problem {
  return problem("NOT_FOUND", `Cannot find task "${id}": it was removed`);
}

/** A change, and what it did. */
export function step(change: Change, done: string): TargetChange {
  return ok({ change, done });
}
