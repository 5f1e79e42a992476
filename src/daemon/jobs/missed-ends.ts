import { isAlive } from "../../lib/host.ts";
import type { Supervisor } from "../supervisor.ts";
import { endOf, type Job } from "./job.ts";

/**
 * Finds children that ended without an exit event: one that is gone at two checks, without an event between them, has ended. Its
 * exit code and signal stay unknown. So a lost event delays the queue and does not block it.
 */
export function findMissedEnds(supervisor: Supervisor): void {
  for (const job of supervisor.jobs.values()) {
    const { parent } = job;
    if (parent.type !== "child" || parent.end !== null || !isGoneUnreported(job)) continue;
    if (!parent.isMissing) {
      parent.isMissing = true;
      continue;
    }
    parent.end = { exitCode: null, signal: null };
    supervisor.context.log(`${job.id}: its process is gone and reported no exit`);
    supervisor.nudge();
  }
}

function isGoneUnreported(job: Job): boolean {
  const { leader } = job;
  // Without a start time, the process cannot be told from a later one with the same pid.
  const isKnown = leader !== null && leader.startTime !== "unknown";
  return isKnown && endOf(job) === null && !isAlive(leader);
}
