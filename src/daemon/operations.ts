import { timestamp } from "../lib/clock.ts";
import { err, ok, type Result } from "../lib/result.ts";
import { unreachable } from "../lib/unreachable.ts";
import { edited } from "../model/edit.ts";
import { type Problem, problem } from "../model/errors.ts";
import { awakened, cancelledInQueue, retried } from "../model/lifecycle.ts";
import type { Answer, Operation, Request, Target } from "../model/request.ts";
import { isTerminal } from "../model/state.ts";
import { openAttempt, type Task } from "../model/task.ts";
import { readTask } from "../store/reader.ts";
import type { Change } from "../store/writer.ts";
import { stopChange } from "./act.ts";
import { cleaning } from "./cleaning.ts";
import { refuseUnplaceable } from "./enqueue.ts";
import { finishJobs } from "./finish.ts";
import { asOnDisk } from "./hand-edit.ts";
import type { Holder, Leaving } from "./holder.ts";

/** What an operation does to one task, and how to say that it was done. */
type Step = Result<{ readonly change: Change; readonly done: string }, Problem>;

/** What is wanted, by whom and since when. */
export type Wish = Omit<Request, "id">;

/** Carries out what was asked for; each target is answered for itself. */
export function operate(holder: Holder, { operation, actor, at }: Wish): Answer[] {
  switch (operation.verb) {
    case "cancel":
      return each(holder, operation.targets, (task) => cancel(holder, task, { ...operation, actor, at }));
    case "retry":
      return each(holder, operation.targets, (task) => retry(task, actor));
    case "hold":
      return each(holder, operation.targets, (task) => hold(task, { hold: true, actor }));
    case "release":
      return each(holder, operation.targets, (task) => hold(task, { hold: false, actor }));
    case "set":
      return each(holder, operation.targets, (task) => set(holder, task, { ...operation, actor }));
    case "clean":
      return wholeOf(cleaningFor(holder, operation, actor));
    case "requeueStale":
      return requeueStale(holder, operation.olderThanMs);
    case "down":
      return [leave(holder, { owner: operation.owner, how: operation.jobs })];
    case "handOver":
      return [leave(holder, { owner: operation.owner, how: "handOver" })];
    case "serve":
      for (const { uid } of operation.targets) holder.served.add(uid);
      return operation.targets.map(({ id }) => ({ id, done: "is served" }));
    default:
      return unreachable(operation);
  }
}

function each(holder: Holder, targets: readonly Target[], toStep: (task: Task) => Step): Answer[] {
  const steps = targets.map((target) => {
    const task = targetTask(holder, target);
    return { target, step: task.ok ? toStep(task.value) : task };
  });
  const changes = steps.flatMap(({ step: planned }) => (planned.ok ? [planned.value.change] : []));
  const written = holder.commit(changes);
  return steps.map(({ target, step: planned }) => {
    if (!planned.ok) return { id: target.id, problem: { ...planned.error } };
    const result = written[changes.indexOf(planned.value.change)];
    if (result?.ok === false) return { id: target.id, problem: { ...result.error } };
    return { id: target.id, done: planned.value.done };
  });
}

/** The task as it is, if it is the one that was meant. */
function targetTask(holder: Holder, target: Target): Result<Task, Problem> {
  const known = holder.tasks.get(target.id);
  const current = known?.status.state === "queued" ? asOnDisk(holder, known) : known;
  if (current === null) return err(holder.tasks.has(target.id) ? unsettled(target) : gone(target));
  const read = current === undefined ? readTask(holder.options.layout, target.id) : ok(current);
  if (!read.ok) return err(gone(target));
  const { uid, epoch, resourceVersion } = read.value.metadata;
  if (uid !== target.uid || epoch !== target.epoch) {
    return err(
      problem(
        "VERSION_CONFLICT",
        `Cannot change task "${target.id}": it was retried or replaced in between`,
        "look at it again: stint show",
      ),
    );
  }
  if (target.version !== undefined && target.version !== resourceVersion) {
    const message = `Cannot change task "${target.id}": it has version ${resourceVersion} now, the change was made for ${target.version}`;
    return err(problem("VERSION_CONFLICT", message, "look at it again and repeat the change"));
  }
  return read;
}

function unsettled({ id }: Target): Problem {
  const message = `Cannot change task "${id}": its record in pending/ is no record just now, as while it is saved by an editor`;
  return problem("VERSION_CONFLICT", message, "repeat the change once that is done");
}

function gone({ id }: Target): Problem {
  return problem("NOT_FOUND", `Cannot find task "${id}": it is gone`);
}

function cancel(
  holder: Holder,
  task: Task,
  how: { force: boolean; pendingOnly: boolean; actor: string; at: string },
): Step {
  const { id } = task.metadata;
  const { state } = task.status;
  const { actor } = how;
  if (isTerminal(state)) return err(problem("TASK_LOCKED", `Cannot cancel "${id}": it is ${state} already`));
  if (state === "queued") {
    const end = {
      endedAt: timestamp(holder.options.clock.now()),
      reason: "User" as const,
      message: `cancelled by ${actor} ${task.status.attempt === 0 ? "before it ran" : "while it waited"}`,
    };
    return step(
      { before: task, after: cancelledInQueue(task, end), actor, event: "cancel_requested" },
      "cancelled",
    );
  }
  if (how.pendingOnly) {
    return err(
      problem(
        "INVALID_TRANSITION",
        `Cannot cancel "${id}": it is ${state}, wanted a queued task (--pending-only)`,
      ),
    );
  }
  const hasEnded = holder.jobs.get(id)?.end !== undefined && holder.jobs.get(id)?.end !== null;
  if (hasEnded && !how.force) {
    return err(
      problem("TASK_LOCKED", `Cannot cancel "${id}": its process has ended and the result is being recorded`),
    );
  }
  const isKilled = how.force || isAskedAgain(task, how.at);
  const graceMs = isKilled ? 0 : task.spec.stopGraceMs;
  return step(
    stopChange(holder, task, { reason: "User", graceMs, actor }),
    isKilled ? "being killed" : "being cancelled",
  );
}

/** Who cancels a second time will not wait any longer. A wish that a crash made us meet twice is no second one. */
function isAskedAgain(task: Task, at: string): boolean {
  const stop = openAttempt(task)?.stop;
  return stop?.reason === "User" && Date.parse(at) > Date.parse(stop.requestedAt);
}

function retry(task: Task, actor: string): Step {
  const { id } = task.metadata;
  const { status } = task;
  if (status.state === "failed" || status.state === "cancelled") {
    return step({ before: task, after: retried(task), actor, event: "retry_forced" }, "queued");
  }
  if (status.state === "queued" && status.retryAt !== undefined) {
    return step(
      { before: task, after: awakened(task), actor, event: "retry_forced" },
      "queued, without the wait",
    );
  }
  const hint = status.state === "completed" ? `submit it anew: stint submit --from ${id}` : undefined;
  const wanted = "wanted a failed or cancelled one";
  const code = status.state === "completed" ? "TASK_LOCKED" : "INVALID_TRANSITION";
  return err(problem(code, `Cannot retry "${id}": it is ${status.state}, ${wanted}`, hint));
}

function set(
  holder: Holder,
  task: Task,
  { spec, labels, actor }: Pick<Extract<Operation, { verb: "set" }>, "spec" | "labels"> & { actor: string },
): Step {
  const after = edited(task, { spec, labels });
  if (!after.ok) return after;
  // Other changes are welcome to a task that has become too large for the machine.
  if (!Bun.deepEquals(spec.resources, task.spec.resources)) {
    const placeable = refuseUnplaceable([{ name: task.metadata.id, spec }], holder.machine, "set");
    if (!placeable.ok) return placeable;
  }
  return step({ before: task, after: after.value, actor, event: "spec_edited" }, "changed");
}

function hold(task: Task, how: { hold: boolean; actor: string }): Step {
  const { id, generation } = task.metadata;
  if (task.status.state !== "queued") {
    const verb = how.hold ? "hold" : "release";
    return err(
      problem(
        "INVALID_TRANSITION",
        `Cannot ${verb} "${id}": it is ${task.status.state}, wanted a queued task`,
      ),
    );
  }
  const metadata = { ...task.metadata, generation: generation + 1 };
  const after = { ...task, metadata, spec: { ...task.spec, hold: how.hold } };
  return step(
    { before: task, after, actor: how.actor, event: how.hold ? "held" : "released" },
    how.hold ? "held" : "released",
  );
}

/** The clean-up that was asked for. */
export function cleaningFor(
  holder: Holder,
  operation: Extract<Operation, { verb: "clean" }>,
  actor: string,
): Generator<void, Answer[]> {
  const { deadLetter, dryRun, olderThanMs = null, keep = null, maxBytes = null } = operation;
  const rules = {
    doneMs: olderThanMs,
    deadLetterMs: olderThanMs,
    takesDeadLetter: deadLetter,
    count: keep,
    bytes: maxBytes,
    logsMs: operation.logsOlderThanMs ?? null,
    artifactsMs: null,
    checkpointsMs: null,
    takesArtifacts: operation.artifacts ?? false,
  };
  return cleaning(holder, { rules, dryRun, actor });
}

function wholeOf(steps: Generator<void, Answer[]>): Answer[] {
  for (let next = steps.next(); ; next = steps.next()) if (next.done === true) return next.value;
}

/** A holder finds what is gone by itself; asked for it, it looks at once and tells what it found so far. */
function requeueStale(holder: Holder, olderThanMs: number): Answer[] {
  finishJobs(holder);
  const latestMs = holder.options.clock.now() - olderThanMs;
  return holder.requeued
    .filter((lost) => lost.claimedAtMs <= latestMs)
    .map(({ id }) => ({ id, done: "queued again" }));
}

function leave(holder: Holder, { owner, how }: { owner: string; how: Leaving }): Answer {
  const id = "supervisor";
  if (owner !== holder.options.lock.owner.token) {
    return {
      id,
      problem: problem("VERSION_CONFLICT", "Cannot end the supervisor: the one that was meant has ended"),
    };
  }
  holder.leaving = how;
  return { id, done: "leaving" };
}

function step(change: Change, done: string): Step {
  return ok({ change, done });
}

/** True while a wish to end a job has not been fulfilled. */
export function isStopping(task: Task): boolean {
  return openAttempt(task)?.stop !== undefined;
}
