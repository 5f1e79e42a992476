import { statSync } from "node:fs";
import { unlessRefused } from "../../lib/errno.ts";
import { capLog } from "../../run/log.ts";
import { outputFiles } from "../../run/output.ts";
import type { Supervisor } from "../supervisor.ts";
import { endOf, type Job } from "./job.ts";

/** The shortest interval of checks, for a log that grows fast: each cut copies a quarter of the cap. */
const FAST_MS = 250;
/** The longest interval: that of the loop's longest sleep, so that it causes no wake-up. */
const SLOW_MS = 2_000;

/** A check of the logs of a job; times are `Clock.awakeMs`. */
interface Check {
  readonly atMs: number;
  readonly nextMs: number;
  /** In bytes, of each of its log files. */
  readonly sizes: readonly number[];
}

/**
 * Keeps the logs of running jobs near their caps; a log is checked the more often the faster it grows. When a job ends, its logs are cut
 * to the cap before the end is recorded.
 */
export class LogCaps {
  readonly #supervisor: Supervisor;
  readonly #checks = new WeakMap<Job, Check>();

  constructor(supervisor: Supervisor) {
    this.#supervisor = supervisor;
  }

  /** Cuts logs that exceed their cap; returns in how many ms a fast-growing log is checked next, else null. */
  tick(): number | null {
    const nowMs = this.#supervisor.context.clock.awakeMs();
    let inMs: number | null = null;
    for (const job of this.#supervisor.jobs.values()) {
      const logs = this.#supervisor.queue.tasks.get(job.id)?.spec.logs;
      if (logs === undefined || endOf(job) !== null) continue;
      const earlier = this.#checks.get(job) ?? firstCheck(job);
      const check = nowMs < earlier.nextMs ? earlier : checkLogs(job, { logs, earlier, nowMs });
      this.#checks.set(job, check);
      const waitMs = check.nextMs - nowMs;
      if (waitMs < SLOW_MS) inMs = Math.min(inMs ?? waitMs, waitMs);
    }
    return inMs;
  }
}

/** An adopted job is checked at once: it may have written for hours. */
function firstCheck({ parent, startedAwakeMs }: Job): Check {
  return { atMs: startedAwakeMs, nextMs: parent.type === "child" ? startedAwakeMs + FAST_MS : 0, sizes: [] };
}

function checkLogs(
  { directory }: Job,
  {
    logs: { separate, maxBytes },
    earlier,
    nowMs,
  }: { logs: { separate: boolean; maxBytes: number }; earlier: Check; nowMs: number },
): Check {
  const elapsedMs = Math.max(1, nowMs - earlier.atMs);
  const checked = outputFiles(directory, separate).map((path, index) => {
    const found = unlessRefused(() => statSync(path, { throwIfNoEntry: false })?.size ?? 0, 0);
    const size = found > maxBytes ? found - capLog(path, maxBytes) : found;
    const perMs = Math.max(0, found - (earlier.sizes[index] ?? 0)) / elapsedMs;
    return { size, fullInMs: perMs === 0 ? SLOW_MS : (maxBytes - size) / perMs };
  });
  const waitMs = Math.min(SLOW_MS, Math.max(FAST_MS, Math.min(...checked.map(({ fullInMs }) => fullInMs))));
  return { atMs: nowMs, nextMs: nowMs + waitMs, sizes: checked.map(({ size }) => size) };
}
