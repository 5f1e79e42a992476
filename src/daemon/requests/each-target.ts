import { err, ok, type Result } from "../../lib/result.ts";
import { chunksOf, type Steps } from "../../lib/steps.ts";
import { type ErrorCode, type Problem, problem } from "../../model/errors.ts";
import type { Answer, Request, Target } from "../../model/request.ts";
import { directoryOf } from "../../model/state.ts";
import type { Task } from "../../model/task.ts";
import { readTask } from "../../store/reader.ts";
import type { Change, CommitFault } from "../../store/writer.ts";
import { refreshFromDisk } from "../commit/external-edit.ts";
import type { Supervisor } from "../supervisor.ts";

/** What an operation does to one task, and how to say that it was done. */
export type TargetChange = Result<{ readonly change: Change; readonly done: string }, Problem>;

/** What is wanted, by whom and since when. */
export type RequestedOperation = Omit<Request, "id">;

/** So many targets are changed with one sync of the journal, and nothing else is seen to meanwhile. */
const TARGETS_A_STEP = 32;

/** Does the same to each target of a wish, a few at a time. */
export function* eachTarget(
  supervisor: Supervisor,
  wish: RequestedOperation,
  toStep: (task: Task) => TargetChange,
): Steps<Answer[]> {
  const answers: Answer[] = [];
  const targets = "targets" in wish.operation ? wish.operation.targets : [];
  for (const some of chunksOf(targets, TARGETS_A_STEP)) {
    // What has its turn to be taken in is known in a moment.
    while (some.some(({ id }) => supervisor.queue.arrivals.isAwaited(id))) yield "wait";
    let made = changeSome(supervisor, some, { wish, toStep });
    if (supervisor.committer.degraded === null) yield;
    else {
      // What the disk refuses now it refuses for all of them; whoever can wait for it goes on where it works again.
      yield "wait";
      const isAgain = supervisor.committer.degraded === null;
      if (isAgain)
        made = redone(made, changeSome(supervisor, some.filter(isRefused(made)), { wish, toStep }));
    }
    answers.push(...made);
  }
  return answers;
}

const DISK: ReadonlySet<string> = new Set<ErrorCode>(["DISK_FULL", "HOME_UNUSABLE", "WRITE_FAILED"]);

/** True for a target with which the disk was in the way. */
function isRefused(answers: readonly Answer[]): (target: Target) => boolean {
  const ids = new Set(
    answers.filter(({ problem: found }) => DISK.has(found?.code ?? "")).map(({ id }) => id),
  );
  return ({ id }) => ids.has(id);
}

function redone(before: readonly Answer[], after: readonly Answer[]): Answer[] {
  const answers = new Map(after.map((answer) => [answer.id, answer]));
  return before.map((answer) => answers.get(answer.id) ?? answer);
}

function changeSome(
  supervisor: Supervisor,
  targets: readonly Target[],
  { wish, toStep }: { readonly wish: RequestedOperation; readonly toStep: (task: Task) => TargetChange },
): Answer[] {
  const steps = targets.map((target) => {
    const before = doneBefore(supervisor, target, wish);
    if (before !== null) return { target, before };
    const task = targetTask(supervisor, target);
    return { target, before, step: task.ok ? toStep(task.value) : task };
  });
  const changes = steps.flatMap(({ step: planned }) => (planned?.ok ? [planned.value.change] : []));
  const results = new Map(supervisor.committer.commit(changes).map(({ change, result }) => [change, result]));
  return steps.map(({ target: { id }, before, step: planned }) => {
    if (planned === undefined) return { id, done: before };
    if (!planned.ok) return { id, problem: { ...planned.error } };
    const result = results.get(planned.value.change);
    if (result?.ok === false) return { id, problem: { ...problemOf(result.error, planned.value.change) } };
    return { id, done: planned.value.done };
  });
}

function problemOf(fault: CommitFault, { before }: Change): Problem {
  if (fault.type === "refused") return fault.problem;
  const { metadata, status } = before;
  const message = `Cannot change task "${metadata.id}": its record is no longer in ${directoryOf(status.state)}/`;
  return problem("NOT_FOUND", message, "the file was moved or removed by hand");
}

/**
 * What a wish came to that was carried out and not answered before a crash, or was another's too; null where there is something to
 * do, or to refuse.
 */
function doneBefore(
  { queue, context }: Supervisor,
  { id, uid, epoch }: Target,
  { operation: { verb }, at }: RequestedOperation,
): string | null {
  if (verb !== "cancel" && verb !== "retry") return null;
  const known = queue.tasks.get(id);
  const read = known === undefined ? readTask(context.layout, id) : ok(known);
  if (!read.ok || read.value.metadata.uid !== uid) return null;
  const { metadata, status } = read.value;
  if (verb === "retry") return metadata.epoch === epoch + 1 && metadata.updatedAt > at ? "queued" : null;
  const isCancelled = status.state === "cancelled" && status.reason === "User" && status.endedAt > at;
  return isCancelled && metadata.epoch === epoch ? "cancelled" : null;
}

/** The task as it is, if it is the one that was meant. */
function targetTask(supervisor: Supervisor, target: Target): Result<Task, Problem> {
  const known = supervisor.queue.tasks.get(target.id);
  const current = known?.status.state === "queued" ? refreshFromDisk(supervisor, known) : known;
  if (current === null) return err(supervisor.queue.tasks.has(target.id) ? unreadable(target) : gone(target));
  const read = current === undefined ? readTask(supervisor.context.layout, target.id) : ok(current);
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

function unreadable({ id }: Target): Problem {
  const message = `Cannot change task "${id}": its record in pending/ is no record just now, as while it is saved by an editor`;
  return problem("VERSION_CONFLICT", message, "repeat the change once that is done");
}

function gone({ id }: Target): Problem {
  return problem("NOT_FOUND", `Cannot find task "${id}": it is gone`);
}
