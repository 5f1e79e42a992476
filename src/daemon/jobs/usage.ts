import { join } from "node:path";
import { ATTEMPT_FILES } from "../../model/attempt-files.ts";
import { contentOf } from "../../run/records.ts";
import { notedCpuMs, ownPeakBytes, type Usage, usageBelow } from "../../run/usage.ts";
import type { Supervisor } from "../supervisor.ts";
import { type Looks, readMain } from "./job.ts";
import type { TaskJob } from "./runners/runner.ts";
import { runnerOf } from "./runners/runner-of.ts";

/*
 * What an attempt used. Of a job that this supervisor started, the kernel tells both with the end of the recording parent, but for a small
 * peak of memory: that of a child is never less than what this process had when it started the child (exec_mmap in the kernel's exec.c).
 * Of an adopted job, the recording parent has noted the CPU time. So a job is looked at while it runs: soon, then after half its life so
 * far, then each ten seconds; until its peak is one that the kernel tells. A container is known by these looks alone.
 */

const FIRST_LOOK_MS = 100;
const LONGEST_MS = 10_000;
/** Looks at old jobs are due together, so that the loop wakes for all of them at once. */
const TOGETHER_MS = 2_000;

/** Looks at the jobs that are due; returns in how many ms the next one is, or null. */
export function lookAtUsage(supervisor: Supervisor, jobs: readonly TaskJob[]): number | null {
  const nowMs = supervisor.context.clock.awakeMs();
  let nextMs = Number.POSITIVE_INFINITY;
  for (const { task, job } of jobs) {
    job.looks ??= { seen: null, dueMs: job.startedAwakeMs + FIRST_LOOK_MS };
    if (job.looks.dueMs !== null && job.looks.dueMs <= nowMs)
      job.looks = lookedAt({ task, job }, job.looks, nowMs);
    nextMs = Math.min(nextMs, job.looks.dueMs ?? nextMs);
  }
  return nextMs === Number.POSITIVE_INFINITY ? null : Math.max(0, nextMs - nowMs);
}

function lookedAt({ task, job }: TaskJob, { seen }: Looks, nowMs: number): Looks {
  const pid = pidOf({ task, job });
  const found = pid === null ? null : usageBelow(pid);
  const both = larger(seen, found);
  if (both !== null && isToldByKernel({ task, job }) && both.peakRssBytes > ownPeakBytes())
    return { seen: both, dueMs: null };
  const waitMs = Math.min(LONGEST_MS, Math.max(FIRST_LOOK_MS, nowMs - job.startedAwakeMs));
  const dueMs = nowMs + waitMs;
  return { seen: both, dueMs: waitMs < TOGETHER_MS ? dueMs : Math.ceil(dueMs / TOGETHER_MS) * TOGETHER_MS };
}

/** The first process of the job; null while there is none. */
function pidOf({ task, job }: TaskJob): number | null {
  if (runnerOf(task.spec.kind).isInImage)
    return Number(contentOf(join(job.directory, ATTEMPT_FILES.containerPid))) || null;
  readMain(job);
  return job.main?.pid ?? null;
}

/** True where the end of the recording parent tells of the job, and of nothing else: a preparation may be larger. */
function isToldByKernel({ task, job }: TaskJob): boolean {
  return job.parent.type === "child" && job.preparation === undefined && !runnerOf(task.spec.kind).isInImage;
}

function larger(one: Usage | null, other: Usage | null): Usage | null {
  if (one === null || other === null) return one ?? other;
  return {
    cpuMs: Math.max(one.cpuMs, other.cpuMs),
    peakRssBytes: Math.max(one.peakRssBytes, other.peakRssBytes),
  };
}

/** What an ended job used, as far as that is known. */
export function usedBy(of: TaskJob): Partial<Usage> {
  const { job, task } = of;
  const seen = job.looks?.seen ?? null;
  const told = job.parent.type === "child" ? job.parent.end?.usage : undefined;
  if (runnerOf(task.spec.kind).isInImage) return seen ?? {};
  const cpuMs = told?.cpuMs ?? notedCpuMs(job.directory) ?? seen?.cpuMs;
  const isExact = told !== undefined && isToldByKernel(of) && told.peakRssBytes > ownPeakBytes();
  const peakRssBytes = isExact ? told.peakRssBytes : seen?.peakRssBytes;
  return {
    ...(cpuMs !== undefined && { cpuMs }),
    ...(peakRssBytes !== undefined && peakRssBytes > 0 && { peakRssBytes }),
  };
}
