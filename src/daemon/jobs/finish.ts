import { earliest } from "../../lib/earliest.ts";
import { preparingFor } from "../../model/lifecycle.ts";
import { isCollecting, openAttempt, type PreparingReason } from "../../model/task.ts";
import { survivorsOf } from "../../run/tree.ts";
import type { Change } from "../../store/writer.ts";
import type { Supervisor } from "../supervisor.ts";
import { sendEarlySignals } from "./early-signal.ts";
import { endOf, readMain } from "./job.ts";
import { readEventsOf } from "./job-events.ts";
import { endLimits } from "./limits.ts";
import { isUndecided, observeEnds } from "./observe.ts";
import { followPreparation } from "./preparation.ts";
import { asStarted, collectedChange, endChange, recordEnds } from "./record-end.ts";
import type { TaskJob } from "./runners/runner.ts";
import { runnerOf } from "./runners/runner-of.ts";
import { followServices } from "./serving.ts";
import { LOOK_MS, sendDueSignals } from "./stop.ts";
import { lookAtUsage } from "./usage.ts";

/** A job that ends sooner is not recorded as running: only its end is written. */
const RUNNING_AFTER_MS = 100;

/**
 * One round over all jobs, in each turn; returns in how many ms the next one is due, or null where only an event can change anything.
 *
 * Order for a job: its leader is gone and its end is read; the processes it left are signalled until none lives; what it told is read, a
 * slice each turn; its control group is counted and removed; its end is committed with the notices; its container is removed and its
 * devices are released. Where it left results to collect, its record becomes `collecting` first, with all evidence of the end, and the
 * container and the devices go then: a process beside the loop collects the results (`collect/collector.ts`), the manifest is written, and
 * the end is committed.
 *
 * Invariants: an end is on record only after every process of the attempt is gone. So resources are never given to the next task while
 * the last one still has them, and a crash before the commit leaves an open attempt that the next supervisor adopts, with its result in
 * the attempt's folder. What follows the commit is repeated at the next start (`sweepLeft`, `DevicePool.adopt`).
 */
export function finishJobs(supervisor: Supervisor): number | null {
  const all = observeEnds(supervisor);
  const jobs = all.filter(({ task }) => !isCollecting(task));
  const going = jobs.filter(({ job }) => endOf(job) === null);
  const ended = jobs.filter(({ job }) => endOf(job) !== null);
  // First: a stop must not wait for the scan of the ended jobs.
  const waits = [
    sendDueSignals(supervisor, going),
    sendEarlySignals(supervisor, going),
    lookAtUsage(supervisor, going),
  ];
  const left = survivorsOf(
    ended.map(({ job }) => job),
    supervisor.jobs.processes,
  );
  for (const [index, one] of ended.entries()) countLeftBehind(one, left[index]?.length ?? 0);
  const isGone = (index: number): boolean => left[index]?.length === 0;
  const lingering = ended.filter((_, index) => !isGone(index));
  waits.push(sendDueSignals(supervisor, lingering));
  const progress = [...going, ...lingering]
    .filter(({ task }) => task.status.state === "preparing")
    .map((one) => progressOf(supervisor, one));
  waits.push(...progress.map(({ checkInMs }) => checkInMs));
  const services = followServices(supervisor, [...going, ...lingering]);
  waits.push(services.checkInMs);
  const ends = ended
    .filter((_, index) => isGone(index))
    .map(({ task, job }): Change | null => {
      if (isUndecided(supervisor, { task, job })) return null;
      if (!readEventsOf(supervisor, { task, job })) {
        waits.push(0);
        return null;
      }
      const limitsEnd = endLimits(supervisor, job);
      return limitsEnd === null ? null : endChange(supervisor, { task, job, limitsEnd });
    });
  if (ends.includes(null)) waits.push(LOOK_MS);
  const checkInMs = earliest(waits);
  if (!supervisor.committer.ensureWritable()) return Math.min(checkInMs ?? LOOK_MS * 5, LOOK_MS * 5);
  supervisor.collector.hear();
  let againMs: number | null = null;
  const collected = all
    .filter(({ task }) => isCollecting(task))
    .map((one) => {
      // Of an adopted job, they have not been read yet.
      if (readEventsOf(supervisor, one)) return collectedChange(supervisor, one);
      againMs = 0;
      return null;
    });
  recordEnds(
    supervisor,
    [...progress.map(({ change }) => change), ...services.changes, ...ends, ...collected].filter(
      (change) => change !== null,
    ),
  );
  return earliest([checkInMs, againMs, supervisor.collector.goOn()]);
}

/** For a job that is not on record as running: the change to write, and in how many ms to check it again. */
function progressOf(
  supervisor: Supervisor,
  { task, job }: TaskJob,
): { change: Change | null; checkInMs: number | null } {
  const { actor, clock } = supervisor.context;
  const ageMs = clock.awakeMs() - job.startedAwakeMs;
  if (ageMs < RUNNING_AFTER_MS) return { change: null, checkInMs: RUNNING_AFTER_MS - ageMs };
  readMain(job);
  const phase = phaseOf({ task, job });
  if (phase === "running")
    return { change: { before: task, after: asStarted(task, job), actor }, checkInMs: null };
  const isNew = phase !== "starting" && task.status.state === "preparing" && task.status.reason !== phase;
  const change = isNew ? { before: task, after: preparingFor(task, phase), actor } : null;
  return { change, checkInMs: LOOK_MS };
}

/** What a job that is not on record as running does: its preparation comes before what its kind needs. */
function phaseOf({ task, job }: TaskJob): PreparingReason | "starting" | "running" {
  const phase = followPreparation(job) ?? runnerOf(task.spec.kind).phase(job);
  return phase === "pulling" ? "PullingImage" : phase;
}

/** Counts the processes that a job left running when it ended by itself; after a stop, the others are ending too. */
function countLeftBehind({ task, job }: TaskJob, count: number): void {
  const { phase } = job;
  if (phase.type !== "ended" || phase.end.ending.type !== "exited") return;
  if (openAttempt(task)?.stop !== undefined || !runnerOf(task.spec.kind).countsLeftBehind) return;
  phase.leftBehind = Math.max(phase.leftBehind, count);
}
