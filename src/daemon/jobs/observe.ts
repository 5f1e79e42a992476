import { statSync } from "node:fs";
import { type Ending, endingFromShell } from "../../model/evidence.ts";
import { openAttempt, type Task } from "../../model/task.ts";
import { readEnding } from "../../run/ending.ts";
import { NEVER_BEGAN } from "../../run/launch.ts";
import { inDamagedFolder } from "../../run/records.ts";
import type { Supervisor } from "../supervisor.ts";
import { type Job, readMain } from "./job.ts";
import { observeContainer } from "./runners/container.ts";

/** A machine that shuts down, or a service manager, tells the jobs and the supervisor to end within this time. */
const STOP_SPREAD_MS = 1_000;

/** The jobs whose tasks are still there, each with what is known of its end. */
export function observeEnds(supervisor: Supervisor): { task: Task; job: Job }[] {
  supervisor.leaders.look();
  return [...supervisor.jobs.values()].flatMap((job) => {
    const task = supervisor.tasks.get(job.id);
    if (task === undefined) {
      supervisor.jobs.delete(job.id);
      return [];
    }
    observeEnd(supervisor, { task, job });
    return [{ task, job }];
  });
}

function observeEnd(supervisor: Supervisor, { task, job }: { task: Task; job: Job }): void {
  if (job.end !== null) return;
  if (!isOver(supervisor, job)) return;
  const { kind } = task.spec;
  readMain(job);
  if (kind.type === "container" && !hasNeverBegun(job)) {
    observeContainer(supervisor, { task, kind, job });
    return;
  }
  job.end = readEnding(job, kind) ?? {
    ending: unrecorded(job),
    endedAtMs: supervisor.context.clock.now(),
  };
}

function isOver({ leaders }: Supervisor, { isChild, parentEnd, runner, leader }: Job): boolean {
  if (isChild) return parentEnd !== undefined;
  const last = runner ?? leader;
  return last === null || !leaders.isAlive(last);
}

/** What is known of an end that the recording parent could not write down, as where the job removed its folder for good. */
function unrecorded({ parentEnd, main, directory }: Job): Ending {
  const { exitCode = null, signal = null } = parentEnd ?? {};
  // A shell that failed before it began anything did so with another code than 0, without a trace of the job, and in a folder that is
  // as it was made.
  if (exitCode !== null && (exitCode === 0 || main !== undefined || !isFolder(directory)))
    return endingFromShell(exitCode, false, false);
  return { type: "lost", signal, note: "the process is gone and left no result" };
}

function isFolder(path: string): boolean {
  return inDamagedFolder(() => statSync(path, { throwIfNoEntry: false })?.isDirectory() === true, false);
}

/** The recording parent runs nothing where it cannot note the start, as on a full disk; a job that is on record did begin. */
export function hasNeverBegun({ isChild, parentEnd, main }: Job): boolean {
  return isChild && parentEnd?.signal === NEVER_BEGAN && main === undefined;
}

/**
 * True where a job was told to end by something other than stint, and what told it was about to end the supervisor too, or had done
 * so: a trainer that saves its state then and ends with 0 has not done its work.
 */
export function wasStopping({ leaving, context }: Supervisor, { end }: Job): boolean {
  if (end?.ending.type !== "exited" || !end.ending.sawTerm) return false;
  return leaving === "leave" || end.endedAtMs < Date.parse(context.lock.owner.since);
}

/** True while it is not known yet whether the supervisor is told to end, too; see `wasStopping`. */
export function isUndecided(supervisor: Supervisor, { task, job }: { task: Task; job: Job }): boolean {
  const { end } = job;
  const isSuccess = end?.ending.type === "exited" && end.ending.exitCode === 0;
  if (!isSuccess || !end.ending.sawTerm || openAttempt(task)?.stop !== undefined) return false;
  return Math.abs(supervisor.context.clock.now() - end.endedAtMs) < STOP_SPREAD_MS;
}
