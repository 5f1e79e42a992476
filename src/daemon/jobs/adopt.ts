import { existsSync, mkdirSync, statSync } from "node:fs";
import { errnoOf } from "../../lib/errno.ts";
import { failpoint } from "../../lib/failpoint.ts";
import { isAlive, type ProcessIdentity } from "../../lib/host.ts";
import { relativeTime } from "../../lib/local-time.ts";
import type { OpenAttempt } from "../../model/attempt.ts";
import { failureOf } from "../../model/failure.ts";
import { openAttempt, type Task } from "../../model/task.ts";
import { requeueCutShort, requeueUnstarted } from "../../plan/finish-attempt.ts";
import { readStart, type StartRecord, seizeStart, startFile } from "../../run/records.ts";
import { survivors } from "../../run/tree.ts";
import { problemFromErrno } from "../../store/fs-errors.ts";
import type { Supervisor } from "../supervisor.ts";
import { endJob, endOf, type Job } from "./job.ts";
import { adoptedLimits, dropLimits } from "./limits.ts";
import { obeyPauses } from "./obey-pause.ts";
import { preparationOf } from "./preparation.ts";
import { runnerOf } from "./runners/runner-of.ts";
import { notedStop } from "./stop-note.ts";

/** A task whose open attempt an earlier supervisor left. */
interface Left {
  readonly task: Task;
  readonly attempt: OpenAttempt;
}

/**
 * Adopts the open attempts that an earlier supervisor left, then repeats the signals of pauses.
 *
 * Order for an attempt:
 *   1. `start` is read. Where there is none, it is created with O_EXCL: a recording parent that is late then runs nothing.
 *   2. An attempt without `start`, result, noted process or living process never started: its task is queued again, uncounted. Where the
 *      earlier supervisor ended while it started it, it is queued behind the others.
 *   3. Any other becomes a job in the table, alive or not; the loop observes its end like that of a child, and goes on with a stop
 *      that was begun. A result counts only once the recording parent is gone: until then, the job itself may have written it.
 *
 * Invariant: an attempt runs at most once, since the creator of `start` decides. A folder that cannot be read delays its own task
 * only, and is retried (`adoptLeft`); a full disk or an unreadable runs/ ends the start-up.
 * A crash at any step is repeated as a whole: a `start` that was created here reads "seized", which is no start.
 */
export function adoptJobs(supervisor: Supervisor, tasks: readonly Task[]): void {
  adoptAll(supervisor, tasks);
  obeyPauses(supervisor, tasks);
}

function adoptAll(supervisor: Supervisor, tasks: readonly Task[]): void {
  for (const task of tasks) {
    const attempt = openAttempt(task);
    // A task whose record could not be read at the start may have come by a request since, and be started here.
    if (supervisor.jobs.has(task.metadata.id)) continue;
    if (attempt === null)
      supervisor.context.log(
        `${task.metadata.id}: is ${task.status.state} without an open attempt, left alone`,
      );
    else adoptOne(supervisor, { task, attempt });
  }
}

/** Tries again to adopt attempts whose folder could not be read. */
export function adoptLeft(supervisor: Supervisor): void {
  for (const id of supervisor.jobs.unadopted) {
    const task = supervisor.queue.tasks.get(id);
    const attempt = task === undefined ? null : openAttempt(task);
    if (task === undefined || attempt === null || supervisor.jobs.has(id))
      supervisor.jobs.unadopted.delete(id);
    else adoptOne(supervisor, { task, attempt });
  }
}

function adoptOne(supervisor: Supervisor, { task, attempt }: Left): void {
  const { id } = task.metadata;
  const wasBegun = isBegun(supervisor, { task, attempt });
  const job = adoptOrLeave(supervisor, { task, attempt });
  if (job === "left alone") return;
  supervisor.jobs.unadopted.delete(id);
  if (job === null) {
    dropLimits(supervisor.context.layout.attempt(id, attempt.number));
    releaseUnstarted(supervisor, { task, wasBegun });
  } else {
    supervisor.jobs.set(id, job);
    supervisor.context.log(`${id}: attempt ${attempt.number} ${describe(job)}`);
  }
}

/** Returns the job, null for an attempt that never started, or "left alone" where its folder cannot be read now. */
function adoptOrLeave(supervisor: Supervisor, { task, attempt }: Left): Job | "left alone" | null {
  const { layout, log } = supervisor.context;
  try {
    return adopt(supervisor, { task, attempt });
  } catch (error) {
    const errno = errnoOf(error);
    const isOfAll = errno === "ENOSPC" || !statSync(layout.runs, { throwIfNoEntry: false })?.isDirectory();
    if (errno === null || isOfAll) throw error;
    const { id } = task.metadata;
    if (!supervisor.jobs.unadopted.has(id))
      log(
        `${id}: left alone, and retried until that works: ${problemFromErrno(errno, "read its run folder", error).message}`,
      );
    supervisor.jobs.unadopted.add(id);
    return "left alone";
  }
}

function adopt(supervisor: Supervisor, { task, attempt }: Left): Job | null {
  const { layout, clock } = supervisor.context;
  const { id } = task.metadata;
  const directory = layout.attempt(id, attempt.number);
  const found = startIn(directory);
  failpoint("adopt:decided");
  const start = typeof found === "string" ? null : found;
  const { token } = attempt;
  const result = runnerOf(task.spec.kind).readEnding({ directory, token });
  const isStarted = found === "unreadable" || start !== null || result !== null || hasTraces(attempt);
  if (!isStarted) return null;
  const leader = leaderOf(supervisor, { attempt, start });
  const isThisBoot = start?.bootId === supervisor.bootId;
  const sent = attempt.stop === undefined ? null : notedStop(directory, clock.awakeMs());
  const startedAtMs = start?.startedAtMs ?? Date.parse(attempt.startedAt ?? attempt.claimedAt);
  const job: Job = {
    id,
    attempt: attempt.number,
    token,
    directory,
    ...adoptedLimits(supervisor, { directory, task, token, started: start?.group ?? null }),
    leader,
    ...(isThisBoot && start.job !== null && { main: start.job }),
    ...preparationOf(task),
    parent: { type: "watched" },
    startedAtMs,
    // Not from the wall clock, which may have jumped since.
    startedAwakeMs: attempt.startedAwakeMs ?? attempt.claimedAwakeMs ?? clock.awakeMs(),
    phase: sent === null ? { type: "running" } : { type: "stopping", sent },
  };
  // Its processes were gone before it was collecting.
  if (attempt.found !== undefined) endJob(job, attempt.found);
  // While the leader lives, the result may have been written by the job. What was to be prepared may have been refused: the loop looks.
  else if (result !== null && job.preparation === undefined && (leader === null || !isAlive(leader)))
    endJob(job, result);
  return job;
}

/** The start record of an attempt; "unreadable" where its folder was replaced by another kind of file, which only its job can do. */
function startIn(directory: string): ReturnType<typeof readStart> {
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
  } catch (error) {
    if (["ENOTDIR", "EEXIST", "ELOOP"].includes(errnoOf(error) ?? "")) return "unreadable";
    throw error;
  }
  // So that a late recording parent cannot run beside a new attempt; where that comes first, its record is read.
  return readStart(directory) ?? (seizeStart(directory) === "seized" ? "seized" : readStart(directory));
}

/** True where the record names a process or one with the token lives: `start` may be gone with a folder that was removed. */
function hasTraces(attempt: OpenAttempt): boolean {
  return attempt.process !== undefined || survivors({ leader: null, token: attempt.token }).length > 0;
}

/** The recording parent of an attempt; null where it is of an earlier boot, or not known. */
function leaderOf(
  supervisor: Supervisor,
  { attempt, start }: { attempt: OpenAttempt; start: StartRecord | null },
): ProcessIdentity | null {
  if (start === null) return attempt.hostBootId === supervisor.bootId ? (attempt.process ?? null) : null;
  if (start.bootId !== supervisor.bootId) return null;
  return { pid: start.pid, startTime: start.startTime ?? attempt.process?.startTime ?? "unknown" };
}

/** True where the earlier supervisor ended, in this boot, between the folder and `start`; after a power cut that says nothing. */
function isBegun(supervisor: Supervisor, { task, attempt }: Left): boolean {
  const directory = supervisor.context.layout.attempt(task.metadata.id, attempt.number);
  return (
    attempt.hostBootId === supervisor.bootId && existsSync(directory) && !existsSync(startFile(directory))
  );
}

/** Queues a task again whose attempt never started; behind the others where its start may have ended the supervisor. */
function releaseUnstarted(
  supervisor: Supervisor,
  { task, wasBegun }: { task: Task; wasBegun: boolean },
): void {
  const { clock, actor, log } = supervisor.context;
  const { id } = task.metadata;
  const failure = failureOf(
    "STALE_WORKER",
    "never-started",
    "the supervisor was gone before the job had started",
  );
  const after = wasBegun
    ? requeueCutShort(task, clock.now())
    : requeueUnstarted(task, failure, { nowMs: clock.now(), waitMs: 0 });
  supervisor.committer.commit([{ before: task, after, actor }]);
  failpoint("adopt:released");
  if (after.status.state === "queued")
    supervisor.jobs.requeued.push({ id, claimedAtMs: Date.parse(openAttempt(task)?.claimedAt ?? "") });
  log(`${id}: ${wasBegun ? cutShortSentence(after, clock.now()) : "had not started, queued again"}`);
}

function cutShortSentence({ status }: Task, nowMs: number): string {
  const what = "the supervisor died while it started this task";
  if (status.state !== "queued") return `${what}, several times in a row: it has failed`;
  const when =
    status.retryAt === undefined ? "behind the others" : `to start ${relativeTime(status.retryAt, nowMs)}`;
  return `${what}: queued again, ${when}`;
}

function describe(job: Job): string {
  if (endOf(job) !== null) return "already ended";
  return job.leader !== null && isAlive(job.leader)
    ? `adopted, still running (pid ${job.leader.pid})`
    : "adopted, its process is gone";
}
