import { timestamp } from "../../lib/clock.ts";
import { relativeTime } from "../../lib/local-time.ts";
import { describeLeftBehind } from "../../model/attempt.ts";
import { notStarted } from "../../model/classify.ts";
import { failureOf } from "../../model/failure.ts";
import { started } from "../../model/lifecycle.ts";
import { openAttempt, type Task } from "../../model/task.ts";
import { finishAttempt, requeueUnstarted } from "../../plan/finish-attempt.ts";
import { bytesCutIn, capLog, readTail } from "../../run/log.ts";
import { outputFiles } from "../../run/output.ts";
import { inDamagedFolder } from "../../run/records.ts";
import type { Change } from "../../store/writer.ts";
import type { Supervisor } from "../supervisor.ts";
import { circumstancesOf } from "./circumstances.ts";
import type { Job } from "./job.ts";
import { eventsOf } from "./job-events.ts";
import type { LimitsEnd } from "./limits.ts";
import { hasNeverBegun, wasStopping } from "./observe.ts";
import { runnerOf } from "./runners/runner-of.ts";
import { maskOfJob } from "./secrets.ts";

/** The wait after a start that the recording parent could not record: the disk may be full. */
const UNSTARTED_WAIT_MS = 10_000;
/** After a job got a TERM from outside, the supervisor may get one too: a job that is started now would be killed. */
const DISPATCH_PAUSE_MS = 1_000;

/** Commits changes of jobs; of those that are over, drops the job, cleans up, and releases the devices. */
export function recordEnds(supervisor: Supervisor, changes: readonly Change[]): void {
  for (const { result } of supervisor.committer.commit(changes)) {
    if (!result.ok || openAttempt(result.value) !== null) continue;
    const { metadata, spec, status } = result.value;
    const { id } = metadata;
    const ended = status.attempts.at(-1);
    if (status.state === "queued" && ended?.state === "orphaned")
      supervisor.jobs.requeued.push({ id, claimedAtMs: Date.parse(ended.claimedAt) });
    if (ended?.state === "failed" && ended.failure.code === "INTERRUPTED")
      pauseDispatch(supervisor, ended.finishedAt);
    supervisor.jobs.delete(id);
    if (ended !== undefined) runnerOf(spec.kind).cleanup(supervisor, { kind: spec.kind, token: ended.token });
    if (ended !== undefined) supervisor.devices?.release(ended.token, ended.devices ?? []);
    supervisor.context.log(`${id}: ${sentence(result.value, supervisor.context.clock.now())}`);
  }
}

/** Delays starts after an interruption, unless it came before this supervisor started and so cannot reach it. */
function pauseDispatch(supervisor: Supervisor, interruptedAt: string): void {
  const { clock, lock } = supervisor.context;
  if (Date.parse(interruptedAt) < Date.parse(lock.owner.since)) return;
  supervisor.starts.pausedUntilMs = clock.awakeMs() + DISPATCH_PAUSE_MS;
}

/** The change that records the end of an attempt of which no process lives. */
export function endChange(
  supervisor: Supervisor,
  { task, job, limitsEnd }: { task: Task; job: Job; limitsEnd: LimitsEnd },
): Change {
  const { random, actor } = supervisor.context;
  const { phase } = job;
  if (!("end" in phase)) throw new Error(`${job.id} has not ended`);
  const { end } = phase;
  // A task that was cancelled meanwhile is not queued again.
  const isWanted = openAttempt(task)?.stop === undefined;
  if (isWanted && phase.type === "unstarted" && phase.isRefused && end.ending.type === "notStarted") {
    return {
      before: task,
      after: requeueUnstarted(task, notStarted(end.ending), { nowMs: end.endedAtMs, waitMs: 0 }),
      actor,
    };
  }
  if (isWanted && hasNeverBegun(job)) {
    const failure = failureOf(
      "STALE_WORKER",
      "never-started",
      "its start could not be recorded, so it was not started",
    );
    return {
      before: task,
      after: requeueUnstarted(task, failure, { nowMs: end.endedAtMs, waitMs: UNSTARTED_WAIT_MS }),
      actor,
    };
  }
  const mask = maskOfJob(supervisor.context, { task, job });
  const { logs } = task.spec;
  const outputs = outputFiles(job.directory, logs.separate);
  // No writer is left: the logs do not change any more.
  inDamagedFolder(() => {
    for (const path of outputs) capLog(path, logs.maxBytes);
  }, undefined);
  const tail = inDamagedFolder(() => readTail(outputs, mask.text), { text: "", bytes: 0 });
  const running = asStarted(task, job);
  const events = eventsOf(job);
  const after = finishAttempt(
    running,
    {
      ...end,
      stop: openAttempt(task)?.stop ?? null,
      isStopping: wasStopping(supervisor, job),
      ...limitsEnd,
      ...circumstancesOf(supervisor, { task, job }, tail.text),
      leftBehind: phase.leftBehind,
      ...(events !== undefined && { events }),
      ...(events?.fail !== undefined && { hint: events.fail }),
      logTail: tail.text,
      logBytes: tail.bytes,
      logBytesCut: inDamagedFolder(
        () => outputs.reduce((total, path) => total + bytesCutIn(path, logs.maxBytes), 0),
        0,
      ),
    },
    random,
  );
  return { before: task, after, actor };
}

/** The task as running; unchanged where it is on record as such. */
export function asStarted(task: Task, job: Job): Task {
  if (task.status.state !== "preparing" || job.leader === null) return task;
  return started(task, {
    process: { pid: job.leader.pid, startTime: job.leader.startTime },
    startedAt: timestamp(job.startedAtMs),
    startedAwakeMs: job.startedAwakeMs,
    ...(job.limits !== null && job.limits.unenforced.length > 0 && { unenforced: job.limits.unenforced }),
  });
}

/** One line for the supervisor's own log. */
function sentence(task: Task, nowMs: number): string {
  const { status } = task;
  const last = status.attempts.at(-1);
  const isFailed = last !== undefined && "failure" in last;
  const remains = last === undefined ? null : describeLeftBehind(last);
  const failure = `${isFailed ? ` (${last.failure.code}: ${last.failure.error})` : ""}${remains === null ? "" : `; ${remains}`}`;
  if (status.state === "queued") {
    const until = status.retryAt === undefined ? "" : `, next attempt ${relativeTime(status.retryAt, nowMs)}`;
    return `queued again, ${status.reason ?? "ready"}${failure}${until}`;
  }
  return `${status.state}${failure}`;
}
