import { isAlive } from "../../lib/host.ts";
import type { Supervisor } from "../supervisor.ts";
import { endOf, type Job } from "./job.ts";

/**
 * Finds ends of our children that no event told of, so that no single source of news can bring the queue to a stop: who is gone at
 * two looks, and was not heard of meanwhile, has ended. What signal killed it stays unknown then.
 */
export function findMissedEnds(supervisor: Supervisor): void {
  for (const job of supervisor.jobs.values()) {
    const { parent } = job;
    if (parent.type !== "child" || parent.end !== null || !isUnheardOf(job)) continue;
    if (!parent.isMissing) {
      parent.isMissing = true;
      continue;
    }
    parent.end = { exitCode: null, signal: null };
    supervisor.context.log(`${job.id}: its process is gone, and the system told nothing of its end`);
    supervisor.nudge();
  }
}

function isUnheardOf(job: Job): boolean {
  const { leader } = job;
  // One whose start time could not be read cannot be told from whoever has its pid now.
  const isKnown = leader !== null && leader.startTime !== "unknown";
  return isKnown && endOf(job) === null && !isAlive(leader);
}
