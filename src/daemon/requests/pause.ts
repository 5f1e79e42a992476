import { timestamp } from "../../lib/clock.ts";
import { ok, type Result } from "../../lib/result.ts";
import type { Steps } from "../../lib/steps.ts";
import { type Problem, rejected } from "../../model/errors.ts";
import { paused, resumed } from "../../model/lifecycle.ts";
import type { Answer } from "../../model/request.ts";
import { openAttempt, type Task } from "../../model/task.ts";
import { shortOfRoom } from "../../plan/place.ts";
import type { Change } from "../../store/writer.ts";
import { obeyPause } from "../jobs/obey-pause.ts";
import { runnerOf } from "../jobs/runners/runner-of.ts";
import type { Supervisor } from "../supervisor.ts";
import { eachTarget, type RequestedOperation } from "./each-target.ts";

/** Pauses or resumes jobs, a few at a time: first on record, then by signals to their processes. */
export function* pauseSteps(
  supervisor: Supervisor,
  requested: RequestedOperation,
  toChange: (supervisor: Supervisor, task: Task, requested: RequestedOperation) => Result<Change, Problem>,
): Steps<Answer[]> {
  const answers = yield* eachTarget(supervisor, requested, (task) => {
    const change = toChange(supervisor, task, requested);
    return change.ok ? ok({ change: change.value, done: change.value.event ?? "" }) : change;
  });
  const done = new Set(answers.filter((answer) => answer.problem === undefined).map(({ id }) => id));
  for (const task of supervisor.queue.active) if (done.has(task.metadata.id)) obeyPause(supervisor, task);
  return answers;
}

/**
 * The change that records a pause; `obeyPause` sends the signals. The job keeps its resources unless the request releases them; its GPU
 * memory then counts like that of a foreign process.
 */
export function pauseChange(
  supervisor: Supervisor,
  task: Task,
  { actor, operation }: RequestedOperation,
): Result<Change, Problem> {
  const open = openAttempt(task);
  const refused = (is: string, wanted: string): Result<Change, Problem> =>
    rejected("INVALID_TRANSITION", `Cannot pause "${task.metadata.id}": ${is}, wanted ${wanted}`);
  if (open === null || task.status.state !== "running")
    return refused(`it is ${task.status.state}`, "a running task (`stint hold` is for queued ones)");
  if (open.stop !== undefined) return refused("it is being stopped", "one that runs");
  if (open.paused !== undefined) return refused("it is paused already", "one that runs");
  const refusal = runnerOf(task.spec.kind).pauseRefusal(supervisor, task.spec.kind);
  if (refusal !== null) return refused(refusal.is, refusal.wanted);
  const { clock } = supervisor.context;
  const releases = operation.verb === "pause" && operation.releases === true;
  const at = { at: timestamp(clock.now()), awakeMs: clock.awakeMs(), actor };
  const after = paused(task, { ...at, ...(releases && { releases }) });
  return ok({ before: task, after, actor, event: "paused" });
}

/** The change that records a resume; `obeyPause` sends the signals. */
export function resumeChange(
  supervisor: Supervisor,
  task: Task,
  { actor }: RequestedOperation,
): Result<Change, Problem> {
  const open = openAttempt(task);
  const refused = (what: string, hint?: string): Result<Change, Problem> =>
    rejected("INVALID_TRANSITION", `Cannot resume "${task.metadata.id}": ${what}`, hint);
  if (open?.paused === undefined)
    return refused(
      `${open === null ? `it is ${task.status.state}` : "it is not paused"}, wanted a paused task`,
    );
  const short = shortOfRoom(task, supervisor.queue.active, supervisor.machine);
  if (short !== null)
    return refused(
      `it released its resources, and ${short}`,
      "wait until they are free, or pause a job that has them: stint ls --state running",
    );
  const after = resumed(task, supervisor.context.clock.awakeMs());
  return ok({ before: task, after, actor, event: "resumed" });
}
