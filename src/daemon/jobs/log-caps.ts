import { statSync } from "node:fs";
import { capLog } from "../../run/log.ts";
import { outputFiles } from "../../run/output.ts";
import type { Supervisor } from "../supervisor.ts";
import { endOf, type Job } from "./job.ts";

/** A log that grows as fast as the disk takes it is looked at so often: each cut copies a quarter of the cap. */
const FAST_MS = 250;
/** Any other is: not longer than the longest rest of the loop, so that nobody is woken for it. */
const SLOW_MS = 2_000;

/** One look at the logs of a job, as `Clock.awakeMs`. */
interface Look {
  readonly atMs: number;
  readonly nextMs: number;
  /** Of each of its files. */
  readonly sizes: readonly number[];
}

/**
 * Keeps the logs of running jobs near their caps, by how fast each of them grows; what is left at the end of a job is cut before
 * that is on record.
 */
export class LogCaps {
  readonly #supervisor: Supervisor;
  readonly #looks = new WeakMap<Job, Look>();

  constructor(supervisor: Supervisor) {
    this.#supervisor = supervisor;
  }

  /** Cuts what is over its cap; gives in ms when a log that grows fast is to be looked at again, else null. */
  tick(): number | null {
    const nowMs = this.#supervisor.context.clock.awakeMs();
    let inMs: number | null = null;
    for (const job of this.#supervisor.jobs.values()) {
      const logs = this.#supervisor.queue.tasks.get(job.id)?.spec.logs;
      if (logs === undefined || endOf(job) !== null) continue;
      const earlier = this.#looks.get(job) ?? firstLook(job);
      const look = nowMs < earlier.nextMs ? earlier : lookAt(job, { logs, earlier, nowMs });
      this.#looks.set(job, look);
      const waitMs = look.nextMs - nowMs;
      if (waitMs < SLOW_MS) inMs = Math.min(inMs ?? waitMs, waitMs);
    }
    return inMs;
  }
}

/** A job that was adopted may have written for hours. */
function firstLook({ parent, startedAwakeMs }: Job): Look {
  return { atMs: startedAwakeMs, nextMs: parent.type === "child" ? startedAwakeMs + FAST_MS : 0, sizes: [] };
}

function lookAt(
  { directory }: Job,
  {
    logs: { separate, maxBytes },
    earlier,
    nowMs,
  }: { logs: { separate: boolean; maxBytes: number }; earlier: Look; nowMs: number },
): Look {
  const elapsedMs = Math.max(1, nowMs - earlier.atMs);
  const looked = outputFiles(directory, separate).map((path, index) => {
    const found = sizeOf(path);
    const size = found > maxBytes ? found - capLog(path, maxBytes) : found;
    const perMs = Math.max(0, found - (earlier.sizes[index] ?? 0)) / elapsedMs;
    return { size, fullInMs: perMs === 0 ? SLOW_MS : (maxBytes - size) / perMs };
  });
  const waitMs = Math.min(SLOW_MS, Math.max(FAST_MS, Math.min(...looked.map(({ fullInMs }) => fullInMs))));
  return { atMs: nowMs, nextMs: nowMs + waitMs, sizes: looked.map(({ size }) => size) };
}

/** 0 for what is not there, or is in the way of it. */
function sizeOf(path: string): number {
  try {
    return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  } catch {
    return 0;
  }
}
