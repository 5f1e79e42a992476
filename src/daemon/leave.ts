import { isService } from "../model/service.ts";
import { isCollecting, type Task } from "../model/task.ts";
import { notificationChore, runChores } from "./chore.ts";
import { stopChange } from "./jobs/act.ts";
import { finishJobs } from "./jobs/finish.ts";
import { LOOK_MS } from "./jobs/stop.ts";
import type { Supervisor } from "./supervisor.ts";

/** True once a supervisor that was asked to leave may end; with "stop" it asks all jobs to stop first. */
export function hasLeft(supervisor: Supervisor): boolean {
  const { committer, jobs, leaving, queue } = supervisor;
  const shutdown = { reason: "Shutdown", actor: supervisor.context.actor } as const;
  switch (leaving) {
    case null:
      return false;
    case "leave":
    case "handOver":
      return true;
    case "drain":
      return !hasJobs(supervisor) && jobs.unadopted.size === 0;
    case "stop":
      committer.commit(
        queue.active.filter(isUnstopped).map((task) => stopChange(supervisor, task, shutdown)),
      );
      finishJobs(supervisor);
      return [...jobs.keys()].every((id) => isLeft(queue.tasks.get(id)));
  }
}

/** True while a job runs that ends by itself: a service does not. */
export function hasJobs({ jobs, queue }: Supervisor): boolean {
  for (const id of jobs.keys()) {
    const task = queue.tasks.get(id);
    if (task === undefined || !isService(task)) return true;
  }
  return false;
}

function isUnstopped(task: Task): boolean {
  const last = task.status.attempts.at(-1);
  return last?.state === "running" && last.stop === undefined && !isCollecting(task);
}

/** The next supervisor collects again what was begun. */
function isLeft(task: Task | undefined): boolean {
  return task === undefined || isCollecting(task);
}

/** A drained supervisor waits at most this long for the delivery of its last notices. */
const LINGER_MS = 10_000;
/** It waits for a retry that is due this soon; later ones are left to the next supervisor. */
const NEXT_TRY_MS = 1_000;

/** Delivers the last notices of a drained queue; a supervisor that was told to leave does not wait for them. */
export async function deliverLastNotices(supervisor: Supervisor, isHurried: () => boolean): Promise<void> {
  const { committer, context } = supervisor;
  const { clock, lock } = context;
  const untilMs = clock.awakeMs() + LINGER_MS;
  while (lock.isHeld() && committer.ensureWritable() && clock.awakeMs() < untilMs && !isHurried()) {
    if (supervisor.leaving !== null && supervisor.leaving !== "drain") return;
    runChores(supervisor, [notificationChore(supervisor)]);
    if (committer.notifications?.isBusy(NEXT_TRY_MS) !== true) return;
    await supervisor.waitForWakeup(LOOK_MS);
  }
}
