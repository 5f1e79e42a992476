import { openAttempt } from "../../model/task.ts";
import { NEVER_BEGAN } from "../../run/launch.ts";
import type { Supervisor } from "../supervisor.ts";
import { endOf, type Job, readMain } from "./job.ts";
import type { TaskJob } from "./runners/runner.ts";
import { runnerOf } from "./runners/runner-of.ts";
import { observeSubprocess } from "./runners/subprocess.ts";

/** A machine that shuts down, or a service manager, tells the jobs and the supervisor to end within this time. */
const STOP_SPREAD_MS = 1_000;

/** The jobs whose tasks are still there, each with what is known of its end. */
export function observeEnds(supervisor: Supervisor): TaskJob[] {
  supervisor.jobs.leaders.refresh();
  return [...supervisor.jobs.values()].flatMap((job) => {
    const task = supervisor.queue.tasks.get(job.id);
    if (task === undefined) {
      supervisor.jobs.delete(job.id);
      return [];
    }
    observeEnd(supervisor, { task, job });
    return [{ task, job }];
  });
}

function observeEnd(supervisor: Supervisor, { task, job }: TaskJob): void {
  if (endOf(job) !== null) return;
  if (!isOver(supervisor, job)) return;
  readMain(job);
  // Whatever the kind, a recording parent that ran nothing tells of itself alone.
  if (hasNeverBegun(job)) observeSubprocess(supervisor, { task, job });
  else runnerOf(task.spec.kind).observe(supervisor, { task, job });
}

function isOver({ jobs: { leaders } }: Supervisor, { parent, runner, leader }: Job): boolean {
  if (parent.type === "child") return parent.end !== null;
  const last = runner ?? leader;
  return last === null || !leaders.isAlive(last);
}

/** The recording parent runs nothing where it cannot note the start, as on a full disk; a job that is on record did begin. */
export function hasNeverBegun({ parent, main }: Job): boolean {
  return parent.type === "child" && parent.end?.signal === NEVER_BEGAN && main === undefined;
}

/**
 * True where a job was told to end by something other than stint, and what told it was about to end the supervisor too, or had done
 * so: a trainer that saves its state then and ends with 0 has not done its work.
 */
export function wasStopping({ leaving, context }: Supervisor, job: Job): boolean {
  const end = endOf(job);
  if (end?.ending.type !== "exited" || !end.ending.sawTerm) return false;
  return leaving === "leave" || end.endedAtMs < Date.parse(context.lock.owner.since);
}

/** True while it is not known yet whether the supervisor is told to end, too; see `wasStopping`. */
export function isUndecided(supervisor: Supervisor, { task, job }: TaskJob): boolean {
  const end = endOf(job);
  const isSuccess = end?.ending.type === "exited" && end.ending.exitCode === 0;
  if (!isSuccess || !end.ending.sawTerm || openAttempt(task)?.stop !== undefined) return false;
  return Math.abs(supervisor.context.clock.now() - end.endedAtMs) < STOP_SPREAD_MS;
}
