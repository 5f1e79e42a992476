import { openAttempt, type Task } from "../../model/task.ts";
import { signalTrees } from "../../run/tree.ts";
import type { Supervisor } from "../supervisor.ts";
import { readMain } from "./job.ts";
import { runnerOf } from "./runners/runner-of.ts";

/** Rounds of SIGSTOP: each stops the processes that the job forked during the one before. */
const STOP_ROUNDS = 3;

/** Stops or continues the processes of a job as its record says; idempotent. */
export function obeyPause(supervisor: Supervisor, task: Task): void {
  const job = supervisor.jobs.get(task.metadata.id);
  const open = openAttempt(task);
  if (job === undefined || open === null) return;
  // A job that was told to end must run to do so.
  if (open.stop !== undefined && open.paused !== undefined) return;
  readMain(job);
  const { token, devices = [], paused: pause } = open;
  if (pause?.releases === true) supervisor.devices?.release(token, devices);
  else supervisor.devices?.adopt(supervisor.queue);
  if (pause === undefined) {
    signalTrees([job], "SIGCONT", supervisor.jobs.processes);
    return;
  }
  const tree = runnerOf(task.spec.kind).pauseTree(job);
  for (let round = 0; round < STOP_ROUNDS; round += 1)
    signalTrees([tree], "SIGSTOP", supervisor.jobs.processes);
}

/** Repeats `obeyPause` for adopted jobs: a crash may have come between the record and the signals. */
export function obeyPauses(supervisor: Supervisor, tasks: readonly Task[]): void {
  for (const task of tasks) {
    const open = openAttempt(task);
    if (open?.paused !== undefined || open?.pausedMs !== undefined) obeyPause(supervisor, task);
  }
}
