import { constants } from "node:os";
import { err, ok, type Result } from "../../lib/result.ts";
import { chunksOf, type Steps } from "../../lib/steps.ts";
import { type Problem, problem } from "../../model/errors.ts";
import { signalNumber } from "../../model/evidence.ts";
import type { Answer, Target } from "../../model/request.ts";
import { isTerminal } from "../../model/state.ts";
import type { Task } from "../../model/task.ts";
import { signalPart, signalTrees } from "../../run/tree.ts";
import { endOf, type Job, readMain } from "../jobs/job.ts";
import { runnerOf } from "../jobs/runners/runner-of.ts";
import type { Supervisor } from "../supervisor.ts";
import { targetTask } from "./each-target.ts";

/** Targets of one scan of the processes; a step blocks the loop. */
const TARGETS_A_STEP = 32;

/** A signal for the jobs of some tasks. */
interface Signalling {
  /** Such as SIGUSR1. */
  readonly signal: string;
  readonly to?: "others" | undefined;
  readonly targets: readonly Target[];
  readonly actor: string;
}

/**
 * Sends a signal to all processes of jobs, but not to those of stint and of an engine that lead them. No record changes: what follows on
 * the signal is what would follow if it came from elsewhere.
 *
 * Order for some targets: their audit lines, then the signals. A crash between these, or before the reply, leaves the request, and the next
 * supervisor carries it out again: a job gets the signal at least once, and the audit log has a line for each time. A target names an
 * attempt, so that a later one never gets the signal.
 */
export function* signalSteps(supervisor: Supervisor, signalling: Signalling): Steps<Answer[]> {
  const answers: Answer[] = [];
  for (const some of chunksOf(signalling.targets, TARGETS_A_STEP)) {
    answers.push(...signalSome(supervisor, some, signalling));
    yield;
  }
  return answers;
}

function signalSome(
  supervisor: Supervisor,
  targets: readonly Target[],
  { signal, to, actor }: Pick<Signalling, "signal" | "to" | "actor">,
): Answer[] {
  const found = targets.map((target) => ({ id: target.id, reached: reach(supervisor, target, signal) }));
  const reached = found.flatMap((one) => (one.reached.ok ? [one.reached.value] : []));
  supervisor.committer.audit(
    reached.map(({ task: { metadata } }) => ({
      event: "signalled",
      actor,
      task: metadata.id,
      uid: metadata.uid,
      detail: signal,
    })),
  );
  const trees = reached.map(({ task, job }) => runnerOf(task.spec.kind).ownTree(job));
  const how = { signal: numberOf(signal), tracker: supervisor.jobs.processes };
  const counts =
    to === undefined
      ? signalTrees(trees, how.signal, how.tracker)
      : trees.map((tree) => signalPart(tree, to, how) || signalPart(tree, "main", how));
  const countOf = new Map(reached.map(({ job }, index) => [job.id, counts[index] ?? 0]));
  return found.map(({ id, reached: one }) => {
    if (!one.ok) return { id, problem: { ...one.error } };
    const count = countOf.get(id) ?? 0;
    if (count > 0) return { id, done: `got ${signal}` };
    const message = `Cannot send ${signal} to "${id}": it has no process yet, or none any more`;
    return { id, problem: { ...problem("INVALID_TRANSITION", message) } };
  });
}

/** The job of a target; or why it cannot get the signal. */
function reach(
  supervisor: Supervisor,
  target: Target,
  signal: string,
): Result<{ readonly task: Task; readonly job: Job }, Problem> {
  const found = targetTask(supervisor, target);
  if (!found.ok) return found;
  const { id } = target;
  const { state, attempt } = found.value.status;
  const refused = (code: Problem["code"], what: string, hint?: string): Result<never, Problem> =>
    err(problem(code, `Cannot send ${signal} to "${id}": ${what}`, hint));
  if (isTerminal(state)) return refused("TASK_LOCKED", `it is ${state} already`);
  if (state === "queued") return refused("INVALID_TRANSITION", "it is queued, wanted a task that runs");
  if (target.attempt !== undefined && target.attempt !== attempt)
    return refused(
      "VERSION_CONFLICT",
      "it began another attempt in the meantime",
      `see what it is now: stint show ${found.value.metadata.number}`,
    );
  const job = supervisor.jobs.get(id);
  if (job === undefined || endOf(job) !== null)
    return refused("TASK_LOCKED", "its process has ended, and its result is being recorded");
  const { kind } = found.value.spec;
  const refusal = runnerOf(kind).pauseRefusal(supervisor, kind);
  if (refusal !== null) return refused("INVALID_TRANSITION", `${refusal.is}, wanted ${refusal.wanted}`);
  readMain(job);
  return ok({ task: found.value, job });
}

/** The signal on this machine. By its number, as a TERM by its name continues stopped processes too; KILL searches until none is left. */
function numberOf(signal: string): NodeJS.Signals | number {
  if (signal === "SIGKILL") return signal;
  return constants.signals[signal as NodeJS.Signals] ?? signalNumber(signal) ?? 0;
}
