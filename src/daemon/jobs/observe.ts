import { openAttempt } from "../../model/task.ts";
import { NEVER_BEGAN } from "../../run/launch.ts";
import type { Supervisor } from "../supervisor.ts";
import { endJob, endOf, type Job, readMain } from "./job.ts";
import { endOfPreparation } from "./preparation.ts";
import type { TaskJob } from "./runners/runner.ts";
import { runnerOf } from "./runners/runner-of.ts";
import { observeSubprocess } from "./runners/subprocess.ts";

/** A shutdown, or a service manager, sends its TERM to the jobs and the supervisor within this time. */
const STOP_SPREAD_MS = 1_000;

/** Observes the ends of all jobs; returns those whose task still exists, and drops the others. */
export function observeEnds(supervisor: Supervisor): TaskJob[] {
  supervisor.jobs.leaders.refresh();
  return [...supervisor.jobs.values()].flatMap((job) => {
    const task = supervisor.queue.tasks.get(job.id);
    if (task === undefined) {
      supervisor.jobs.delete(job.id);
      supervisor.collector.forget(job.token);
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
  const prepared = endOfPreparation(job);
  if (prepared !== null && prepared !== "killed") return endJob(job, prepared);
  // What ended before the program ran left nothing that the runner of a kind could read.
  if (prepared === "killed" || hasNeverBegun(job)) observeSubprocess(supervisor, { task, job });
  else runnerOf(task.spec.kind).observe(supervisor, { task, job });
}

function isOver({ jobs: { leaders } }: Supervisor, { parent, runner, leader }: Job): boolean {
  if (parent.type === "child") return parent.end !== null;
  const last = runner ?? leader;
  return last === null || !leaders.isAlive(last);
}

/** True where the recording parent ran nothing, since it could not create `start`, as on a full disk. */
export function hasNeverBegun({ parent, main }: Job): boolean {
  return parent.type === "child" && parent.end?.signal === NEVER_BEGAN && main === undefined;
}

/**
 * True where a job got a TERM from outside that ended the supervisor too: a shutdown or a service stop. A trainer that then saves its
 * state and exits with 0 has not finished its work.
 */
export function wasStopping({ leaving, context }: Supervisor, job: Job): boolean {
  const end = endOf(job);
  if (end?.ending.type !== "exited" || !end.ending.sawTerm) return false;
  return leaving === "leave" || end.endedAtMs < Date.parse(context.lock.owner.since);
}

/** True while the TERM to the supervisor may still come; see `wasStopping`. */
export function isUndecided(supervisor: Supervisor, { task, job }: TaskJob): boolean {
  const end = endOf(job);
  const isSuccess = end?.ending.type === "exited" && end.ending.exitCode === 0;
  if (!isSuccess || !end.ending.sawTerm || openAttempt(task)?.stop !== undefined) return false;
  return Math.abs(supervisor.context.clock.now() - end.endedAtMs) < STOP_SPREAD_MS;
}
