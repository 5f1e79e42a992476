import { existsSync, mkdirSync, statSync } from "node:fs";
import { errnoOf } from "../lib/errno.ts";
import { failpoint } from "../lib/failpoint.ts";
import { isAlive, type ProcessIdentity } from "../lib/host.ts";
import type { OpenAttempt } from "../model/attempt.ts";
import { failureOf } from "../model/failure.ts";
import { openAttempt, type Task } from "../model/task.ts";
import { cutShort, released } from "../plan/settle.ts";
import { readEnding } from "../run/ending.ts";
import { readStart, type StartRecord, seizeStart, startFile } from "../run/records.ts";
import { survivors } from "../run/tree.ts";
import { problemOf } from "../store/trouble.ts";
import type { Holder } from "./holder.ts";
import type { Job } from "./job.ts";
import { adoptedLimits, dropLimits } from "./limits.ts";
import { obeyPauses } from "./pausing.ts";

/**
 * Takes over the open attempts that an earlier holder left: those whose start is on record become jobs of ours,
 * alive or not, and the loop finds out how they ended; those that never started go back to the queue.
 */
export function adoptJobs(holder: Holder, tasks: readonly Task[]): void {
  adoptAll(holder, tasks);
  obeyPauses(holder, tasks);
}

function adoptAll(holder: Holder, tasks: readonly Task[]): void {
  for (const task of tasks) {
    const attempt = openAttempt(task);
    if (attempt === null)
      holder.options.say(`${task.metadata.id}: is ${task.status.state} without an open attempt, left alone`);
    else adoptOne(holder, { task, attempt });
  }
}

/** Tries again to take over what could not be looked at before. */
export function adoptLeft(holder: Holder): void {
  for (const id of holder.leftAlone) {
    const task = holder.tasks.get(id);
    const attempt = task === undefined ? null : openAttempt(task);
    if (task === undefined || attempt === null || holder.jobs.has(id)) holder.leftAlone.delete(id);
    else adoptOne(holder, { task, attempt });
  }
}

function adoptOne(holder: Holder, { task, attempt }: { task: Task; attempt: OpenAttempt }): void {
  const { id } = task.metadata;
  const wasBegun = isBegun(holder, { task, attempt });
  const job = adoptOrLeave(holder, { task, attempt });
  if (job === "left alone") return;
  holder.leftAlone.delete(id);
  if (job === null) {
    dropLimits(holder.options.layout.attempt(id, attempt.number));
    releaseUnstarted(holder, { task, wasBegun });
  } else {
    holder.jobs.set(id, job);
    holder.options.say(`${id}: attempt ${attempt.number} ${describe(job)}`);
  }
}

/** One attempt whose folder is spoilt does not hold up all others; a full disk, or runs/ as a whole, does. */
function adoptOrLeave(
  holder: Holder,
  { task, attempt }: { task: Task; attempt: OpenAttempt },
): Job | "left alone" | null {
  const { layout, say } = holder.options;
  try {
    return adopt(holder, { task, attempt });
  } catch (error) {
    const errno = errnoOf(error);
    const isOfAll = errno === "ENOSPC" || !statSync(layout.runs, { throwIfNoEntry: false })?.isDirectory();
    if (errno === null || isOfAll) throw error;
    const { id } = task.metadata;
    if (!holder.leftAlone.has(id))
      say(
        `${id}: left alone, and looked at again until that works: ${problemOf(errno, "look at its run", error).message}`,
      );
    holder.leftAlone.add(id);
    return "left alone";
  }
}

function adopt(holder: Holder, { task, attempt }: { task: Task; attempt: OpenAttempt }): Job | null {
  const { layout, clock } = holder.options;
  const { id } = task.metadata;
  const directory = layout.attempt(id, attempt.number);
  const found = startIn(directory);
  failpoint("adopt:decided");
  const start = typeof found === "string" ? null : found;
  const { token } = attempt;
  const result = readEnding({ directory, token }, task.spec.kind);
  const isStarted = found === "unreadable" || start !== null || result !== null || hasTraces(attempt);
  if (!isStarted) return null;
  const leader = leaderOf(holder, { attempt, start });
  const isThisBoot = start?.bootId === holder.bootId;
  const startedAtMs = start?.startedAtMs ?? Date.parse(attempt.startedAt ?? attempt.claimedAt);
  return {
    id,
    attempt: attempt.number,
    token,
    directory,
    ...adoptedLimits(holder, { directory, task, token, started: start?.group ?? null }),
    leader,
    ...(isThisBoot && start.job !== null && { main: start.job }),
    isChild: false,
    startedAtMs,
    // Never by the wall clock, which may have jumped since.
    startedAwakeMs: attempt.startedAwakeMs ?? attempt.claimedAwakeMs ?? clock.awakeMs(),
    // While the leader lives, what stands there may be the job's own.
    end: leader === null || !isAlive(leader) ? result : null,
    sent: null,
  };
}

/** Who began an attempt; where something else than a folder stands in its place, nobody but its job put it there. */
function startIn(directory: string): ReturnType<typeof readStart> {
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
  } catch (error) {
    if (["ENOTDIR", "EEXIST", "ELOOP"].includes(errnoOf(error) ?? "")) return "unreadable";
    throw error;
  }
  return readStart(directory) ?? lateStart(directory);
}

/** The start file may be gone with a folder that was removed or not mounted: then the record and the processes speak. */
function hasTraces(attempt: OpenAttempt): boolean {
  return attempt.process !== undefined || survivors({ leader: null, token: attempt.token }).length > 0;
}

/** Who leads the job's session; null where that was before this boot, or nothing says who it is. */
function leaderOf(
  holder: Holder,
  { attempt, start }: { attempt: OpenAttempt; start: StartRecord | null },
): ProcessIdentity | null {
  if (start === null) return attempt.hostBootId === holder.bootId ? (attempt.process ?? null) : null;
  if (start.bootId !== holder.bootId) return null;
  return { pid: start.pid, startTime: start.startTime ?? attempt.process?.startTime ?? "unknown" };
}

/** The start file decides: whoever makes it first has the attempt, so that a late start cannot run beside a new one. */
function lateStart(directory: string): ReturnType<typeof readStart> {
  return seizeStart(directory) === "seized" ? "seized" : readStart(directory);
}

/** True where an earlier holder began to start it, and did not come to its process; a power cut strikes anybody. */
function isBegun(holder: Holder, { task, attempt }: { task: Task; attempt: OpenAttempt }): boolean {
  const directory = holder.options.layout.attempt(task.metadata.id, attempt.number);
  return attempt.hostBootId === holder.bootId && existsSync(directory) && !existsSync(startFile(directory));
}

/** What took its supervisor along is not the first thing that this one does. */
function releaseUnstarted(holder: Holder, { task, wasBegun }: { task: Task; wasBegun: boolean }): void {
  const { clock, actor, say } = holder.options;
  const { id } = task.metadata;
  const failure = failureOf(
    "STALE_WORKER",
    "never-started",
    "the supervisor was gone before the job had started",
  );
  const after = wasBegun
    ? cutShort(task, clock.now())
    : released(task, failure, { nowMs: clock.now(), waitMs: 0 });
  holder.commit([{ before: task, after, actor }]);
  failpoint("adopt:released");
  if (after.status.state === "queued")
    holder.requeued.push({ id, claimedAtMs: Date.parse(openAttempt(task)?.claimedAt ?? "") });
  say(`${id}: ${wasBegun ? cutShortSentence(after) : "had not started, queued again"}`);
}

function cutShortSentence({ status }: Task): string {
  const what = "the supervisor was gone while it started this task";
  if (status.state !== "queued") return `${what}, again and again: it is set aside`;
  return `${what}: queued again, not before ${status.retryAt ?? "the others"}`;
}

function describe(job: Job): string {
  if (job.end !== null) return "ended meanwhile";
  return job.leader !== null && isAlive(job.leader) ? `goes on (pid ${job.leader.pid})` : "is gone";
}
