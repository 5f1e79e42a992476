import { openAttempt, type Task } from "../../model/task.ts";
import { signalTrees } from "../../run/tree.ts";
import type { Supervisor } from "../supervisor.ts";
import { readMain } from "./job.ts";
import { runnerOf } from "./runners/runner-of.ts";

/** Looks at a job that forks while it is being stopped: each finds those who came since. */
const STOP_LOOKS = 3;

/** Makes the processes of a job do what is on record: stand still, or go on. To do so twice changes nothing. */
export function obeyPause(supervisor: Supervisor, task: Task): void {
  const job = supervisor.jobs.get(task.metadata.id);
  const open = openAttempt(task);
  if (job === undefined || open === null) return;
  // Who was told to end meanwhile is to see to its end.
  if (open.stop !== undefined && open.paused !== undefined) return;
  readMain(job);
  const { token, devices = [], paused: pause } = open;
  if (pause?.releases === true) supervisor.devices?.release(token, devices);
  else supervisor.devices?.adopt(supervisor.queue.active);
  if (pause === undefined) {
    signalTrees([job], "SIGCONT", supervisor.jobs.processes);
    return;
  }
  const tree = runnerOf(task.spec.kind).pauseTree(job);
  for (let look = 0; look < STOP_LOOKS; look += 1) signalTrees([tree], "SIGSTOP", supervisor.jobs.processes);
}

/** A crash may have come between a record and its signals. */
export function obeyPauses(supervisor: Supervisor, tasks: readonly Task[]): void {
  for (const task of tasks) {
    const open = openAttempt(task);
    if (open?.paused !== undefined || open?.pausedMs !== undefined) obeyPause(supervisor, task);
  }
}
