import { earliest } from "../../lib/earliest.ts";
import { pullingImage } from "../../model/lifecycle.ts";
import { openAttempt } from "../../model/task.ts";
import { survivorsOf } from "../../run/tree.ts";
import type { Change } from "../../store/writer.ts";
import type { Supervisor } from "../supervisor.ts";
import { endOf, readMain } from "./job.ts";
import { endLimits } from "./limits.ts";
import { isUndecided, observeEnds } from "./observe.ts";
import { asStarted, endChange, recordEnds } from "./record-end.ts";
import type { TaskJob } from "./runners/runner.ts";
import { runnerOf } from "./runners/runner-of.ts";
import { LOOK_MS, sendDueSignals } from "./stop.ts";

/** A job that is over sooner is not written down as running: its end is written instead. */
const RUNNING_AFTER_MS = 100;

/** One round over all jobs: sees ends, stops what must stop, records what is over. Returns when to look again, in ms. */
export function finishJobs(supervisor: Supervisor): number | null {
  const jobs = observeEnds(supervisor);
  const going = jobs.filter(({ job }) => endOf(job) === null);
  const ended = jobs.filter(({ job }) => endOf(job) !== null);
  // First: a deadline does not wait until others were seen off.
  const waits = [sendDueSignals(supervisor, going)];
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
  waits.push(...progress.map(({ lookInMs }) => lookInMs));
  const ends = ended
    .filter((_, index) => isGone(index))
    .map(({ task, job }): Change | null => {
      if (isUndecided(supervisor, { task, job })) return null;
      const limitsEnd = endLimits(supervisor, job);
      return limitsEnd === null ? null : endChange(supervisor, { task, job, limitsEnd });
    });
  if (ends.includes(null)) waits.push(LOOK_MS);
  const lookInMs = earliest(waits);
  if (!supervisor.committer.ensureWritable()) return Math.min(lookInMs ?? LOOK_MS * 5, LOOK_MS * 5);
  recordEnds(
    supervisor,
    [...progress.map(({ change }) => change), ...ends].filter((change) => change !== null),
  );
  return lookInMs;
}

/** A job that has not ended and is not on record as running: what is to be written of it, and when to look again. */
function progressOf(
  supervisor: Supervisor,
  { task, job }: TaskJob,
): { change: Change | null; lookInMs: number | null } {
  const { actor, clock } = supervisor.context;
  const ageMs = clock.awakeMs() - job.startedAwakeMs;
  if (ageMs < RUNNING_AFTER_MS) return { change: null, lookInMs: RUNNING_AFTER_MS - ageMs };
  readMain(job);
  const phase = runnerOf(task.spec.kind).phase(job);
  if (phase === "running")
    return { change: { before: task, after: asStarted(task, job), actor }, lookInMs: null };
  const isNews = phase === "pulling" && task.status.state === "preparing" && task.status.reason === undefined;
  const change = isNews ? { before: task, after: pullingImage(task), actor } : null;
  return { change, lookInMs: LOOK_MS };
}

/** What a job that ended by itself has left running: with whatever ended it, others end as well. */
function countLeftBehind({ task, job }: TaskJob, count: number): void {
  const { phase } = job;
  if (phase.type !== "ended" || phase.end.ending.type !== "exited") return;
  if (openAttempt(task)?.stop !== undefined || !runnerOf(task.spec.kind).countsLeftBehind) return;
  phase.leftBehind = Math.max(phase.leftBehind, count);
}
