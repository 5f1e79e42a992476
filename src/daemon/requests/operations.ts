import { timestamp } from "../../lib/clock.ts";
import { unlessRefused } from "../../lib/errno.ts";
import { ok, type Result } from "../../lib/result.ts";
import { type Steps, wholeOf } from "../../lib/steps.ts";
import { type Edit, edited } from "../../model/edit.ts";
import { type Problem, problem, rejected } from "../../model/errors.ts";
import { awakened, retried, withFailuresFrom, withHold } from "../../model/lifecycle.ts";
import type { Answer, Operation } from "../../model/request.ts";
import { describeKey, isFingerprint, workKeyOf } from "../../model/reuse.ts";
import { isTerminal } from "../../model/state.ts";
import { openAttempt, type Task } from "../../model/task.ts";
import { doneKeyOf } from "../../store/done-keys.ts";
import { refuseUnplaceable } from "../admit/enqueue.ts";
import { finishJobs } from "../jobs/finish.ts";
import type { Leaving, Supervisor } from "../supervisor.ts";
import { cancel, completeService } from "./cancel.ts";
import { cleanupSteps } from "./cleanup.ts";
import { closeSteps } from "./close-group.ts";
import { eachTarget, type RequestedOperation, step, type TargetChange, WITHOUT_WAIT } from "./each-target.ts";
import { moveSteps } from "./move.ts";
import { pauseQueue, resetLimits, resumeQueue, setLimits } from "./override.ts";
import { pauseChange, pauseSteps, resumeChange } from "./pause.ts";
import { requeueSteps } from "./requeue.ts";
import { signalSteps } from "./signal.ts";

/** Carries out an operation in one call; see `operationSteps`. */
export function operate(supervisor: Supervisor, requested: RequestedOperation): Answer[] {
  return wholeOf(operationSteps(supervisor, requested));
}

/** Carries out an operation, a few targets at a time; returns an answer for each target. */
export function* operationSteps(supervisor: Supervisor, requested: RequestedOperation): Steps<Answer[]> {
  const { operation, actor, at } = requested;
  switch (operation.verb) {
    case "cancel":
      return yield* eachTarget(supervisor, requested, (task) =>
        cancel(supervisor, task, { ...operation, actor, at }),
      );
    case "complete":
      return yield* eachTarget(supervisor, requested, (task) => completeService(supervisor, task, actor));
    case "retry": {
      const edits = new Map(operation.targets.map(({ id, edit }) => [id, edit]));
      return yield* eachTarget(supervisor, requested, (task) =>
        retry(supervisor, task, { actor, edit: edits.get(task.metadata.id) }),
      );
    }
    case "requeue":
      return yield* requeueSteps(supervisor, requested, operation);
    case "hold":
    case "release": {
      const change = { hold: operation.verb === "hold", at: timestamp(supervisor.context.clock.now()) };
      return yield* eachTarget(supervisor, requested, (task) => hold(task, { ...change, actor }));
    }
    case "move":
      return yield* moveSteps(supervisor, requested, operation);
    case "pause":
      return yield* pauseSteps(supervisor, requested, pauseChange);
    case "resume":
      return yield* pauseSteps(supervisor, requested, resumeChange);
    case "set":
      return yield* eachTarget(supervisor, requested, (task) =>
        set(supervisor, task, { ...operation, actor }),
      );
    case "clean":
      return yield* cleaningFor(supervisor, operation, actor);
    case "pauseQueue":
      return [pauseQueue(supervisor, actor)];
    case "resumeQueue":
      return [resumeQueue(supervisor, actor)];
    case "limit":
      return [setLimits(supervisor, operation, actor)];
    case "resetLimits":
      return [resetLimits(supervisor, actor)];
    case "closeGroup":
      return [yield* closeSteps(supervisor, { ...operation, actor })];
    case "requeueStale":
      return requeueStale(supervisor, operation.olderThanMs);
    case "down":
      return [leave(supervisor, { owner: operation.owner, how: operation.jobs })];
    case "handOver":
      return [leave(supervisor, { owner: operation.owner, how: "handOver" })];
    case "signal":
      return yield* signalSteps(supervisor, { ...operation, actor });
    case "serve":
      for (const { uid } of operation.targets) supervisor.queue.delegatedUids.add(uid);
      return operation.targets.map(({ id }) => ({ id, done: "is served" }));
  }
}

/** Queues a task again, with what is to change of it: one change of the record. */
function retry(
  supervisor: Supervisor,
  task: Task,
  { actor, edit }: { readonly actor: string; readonly edit: Edit | undefined },
): TargetChange {
  const { id, number } = task.metadata;
  const { status } = task;
  const isEnded = status.state === "failed" || status.state === "cancelled";
  if (isEnded || (status.state === "queued" && status.retryAt !== undefined)) {
    const done = isEnded ? refuseDoneAgain(supervisor, task) : null;
    if (done !== null) return done;
    const nowText = timestamp(supervisor.context.clock.now());
    const current = edit === undefined ? ok(task) : changed(supervisor, task, edit);
    if (!current.ok) return current;
    return step(
      {
        before: task,
        after: isEnded ? withFailuresFrom(retried(current.value), nowText) : awakened(current.value),
        actor,
        event: "retry_forced",
        ...(edit !== undefined && { detail: "its spec was edited with it" }),
      },
      isEnded ? "queued" : WITHOUT_WAIT,
    );
  }
  const hint = status.state === "completed" ? `submit it again: stint submit --from ${number}` : undefined;
  const wanted = "wanted a failed or cancelled one";
  const code = status.state === "completed" ? "TASK_LOCKED" : "INVALID_TRANSITION";
  return rejected(code, `Cannot retry "${id}": it is ${status.state}, ${wanted}`, hint);
}

/** Its work may have been done by another task since, or be under way. */
function refuseDoneAgain({ context, queue }: Supervisor, task: Task): TargetChange | null {
  const { id, number } = task.metadata;
  const key = task.spec.rerun === true ? undefined : workKeyOf(task);
  if (key === undefined) return null;
  const done = unlessRefused(() => doneKeyOf(context.layout, key), null)?.task;
  const open = queue.tasks.values().find((one) => workKeyOf(one) === key && one.metadata.id !== id)
    ?.metadata.id;
  const other = done ?? open;
  if (other === undefined || other === id) return null;
  const is = done === undefined ? "has not ended" : "has succeeded";
  const message = `Cannot retry "${id}": ${other} ${is} with ${isFingerprint(key) ? describeKey(key) : `its key ${key}`}`;
  const hint = done === undefined ? undefined : `to do it again: stint submit --from ${number} --rerun`;
  return rejected("TASK_LOCKED", message, hint);
}

function set(
  supervisor: Supervisor,
  task: Task,
  { spec, labels, actor }: Edit & { readonly actor: string },
): TargetChange {
  const after = changed(supervisor, task, { spec, labels });
  if (!after.ok) return after;
  return step({ before: task, after: after.value, actor, event: "spec_edited" }, "changed");
}

function changed(supervisor: Supervisor, task: Task, edit: Edit): Result<Task, Problem> {
  const after = edited(task, edit);
  const { spec } = edit;
  // Other keys may be changed also where the task does not fit the machine any more.
  if (!after.ok || Bun.deepEquals(spec.resources, task.spec.resources)) return after;
  const placeable = refuseUnplaceable([{ name: task.metadata.id, spec }], supervisor.machine, "set");
  return placeable.ok ? after : placeable;
}

function hold(task: Task, how: { hold: boolean; at: string; actor: string }): TargetChange {
  const { id } = task.metadata;
  if (task.status.state !== "queued") {
    const verb = how.hold ? "hold" : "release";
    const message = `Cannot ${verb} "${id}": it is ${task.status.state}, wanted a queued task`;
    return rejected("INVALID_TRANSITION", message, insteadOfHold(task, how.hold));
  }
  if (task.spec.hold === how.hold)
    return ok({ change: null, done: how.hold ? "was held already" : "was not held" });
  return step(
    { before: task, after: withHold(task, how), actor: how.actor, event: how.hold ? "held" : "released" },
    how.hold ? "held" : "released",
  );
}

/** What stops a job that runs, and what queues ended work again. */
function insteadOfHold({ metadata: { number }, status: { state } }: Task, isHold: boolean): string {
  const [stopped, go] = ["to stop its processes for now: stint pause", "if it is paused: stint resume"];
  if (!isTerminal(state)) return `${isHold ? stopped : go} ${number}`;
  const again = state === "completed" ? "once more: stint submit --from" : "again: stint retry";
  return `to queue it ${again} ${number}`;
}

/** The steps of a requested clean-up. */
function cleaningFor(
  supervisor: Supervisor,
  operation: Extract<Operation, { verb: "clean" }>,
  actor: string,
): Steps<Answer[]> {
  const {
    deadLetter,
    dryRun,
    keep = null,
    maxBytes = null,
    logsOlderThanMs = null,
    named,
    query,
  } = operation;
  const isRuled = (operation.olderThanMs ?? keep ?? maxBytes ?? logsOlderThanMs) !== null;
  // Tasks that are named go at any age, also where the clock was set back.
  const ageMs = operation.olderThanMs ?? (named === undefined || isRuled ? null : Number.NEGATIVE_INFINITY);
  const rules = {
    doneMs: ageMs,
    deadLetterMs: ageMs,
    takesDeadLetter: deadLetter,
    count: keep,
    bytes: maxBytes,
    logsMs: logsOlderThanMs,
    artifactsMs: null,
    checkpointsMs: null,
    appliesKeep: false,
    takes: [
      ...(operation.artifacts === true ? (["artifacts"] as const) : []),
      ...(operation.checkpoints === true ? (["checkpoint"] as const) : []),
    ],
  };
  return cleanupSteps(supervisor, { rules, dryRun, actor, named, query });
}

/** A supervisor requeues lost attempts by itself; this checks at once, and returns those requeued since it started. */
function requeueStale(supervisor: Supervisor, olderThanMs: number): Answer[] {
  finishJobs(supervisor);
  const latestMs = supervisor.context.clock.now() - olderThanMs;
  return supervisor.jobs.requeued
    .filter((lost) => lost.claimedAtMs <= latestMs)
    .map(({ id }) => ({ id, done: "queued again" }));
}

function leave(supervisor: Supervisor, { owner, how }: { owner: string; how: Leaving }): Answer {
  const id = "supervisor";
  if (owner !== supervisor.context.lock.owner.token)
    return { id, problem: problem("VERSION_CONFLICT", "Cannot stop the supervisor: it has stopped already") };
  supervisor.leaving = how;
  return { id, done: "leaving" };
}

/** True while a job was asked to end and has not ended. */
export function isStopping(task: Task): boolean {
  return openAttempt(task)?.stop !== undefined;
}
