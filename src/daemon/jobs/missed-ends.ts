import { isAlive } from "../../lib/host.ts";
import type { Supervisor } from "../supervisor.ts";
import type { Job } from "./job.ts";

/**
 * Finds ends of our children that no event told of, so that no single source of news can bring the queue to a stop: who is gone at
 * two looks, and was not heard of meanwhile, has ended. What signal killed it stays unknown then.
 */
export function findMissedEnds(supervisor: Supervisor): void {
  for (const job of supervisor.jobs.values()) {
    if (!isUnheardOf(job)) continue;
    if (job.isGone !== true) {
      job.isGone = true;
      continue;
    }
    job.parentEnd = { exitCode: null, signal: null };
    supervisor.context.log(`${job.id}: its process is gone, and the system told nothing of its end`);
    supervisor.nudge();
  }
}

function isUnheardOf({ isChild, leader, parentEnd, end }: Job): boolean {
  // One whose start time could not be read cannot be told from whoever has its pid now.
  const isKnown = leader !== null && leader.startTime !== "unknown";
  return isChild && isKnown && parentEnd === undefined && end === null && !isAlive(leader);
}
