import { join } from "node:path";
import { timestamp } from "../../lib/clock.ts";
import { failpoint } from "../../lib/failpoint.ts";
import { relativeTime } from "../../lib/local-time.ts";
import { describeLeftBehind } from "../../model/attempt.ts";
import { ATTEMPT_FILES } from "../../model/attempt-files.ts";
import { notStarted } from "../../model/classify.ts";
import type { Collected } from "../../model/collected.ts";
import { failureOf } from "../../model/failure.ts";
import type { FoundEnd } from "../../model/found-end.ts";
import { collecting, started, withFindings, withNote } from "../../model/lifecycle.ts";
import { summaryOfPackages } from "../../model/packages.ts";
import { isCollecting, lastEnded, openAttempt, type Task } from "../../model/task.ts";
import { mergedTracking } from "../../model/tracking.ts";
import { finishAttempt, requeueUnstarted } from "../../plan/finish-attempt.ts";
import { bytesCutIn, capLog, readTail } from "../../run/log.ts";
import { manifestText } from "../../run/manifest.ts";
import { outputFiles } from "../../run/output.ts";
import { inDamagedFolder } from "../../run/records.ts";
import { trackingAtStart } from "../../run/tracking/variables.ts";
import { replaceSynced } from "../../store/durable.ts";
import { tryFs } from "../../store/fs-errors.ts";
import type { Change } from "../../store/writer.ts";
import { needsCollecting } from "../collect/parts.ts";
import type { Supervisor } from "../supervisor.ts";
import { circumstancesOf } from "./circumstances.ts";
import type { Job } from "./job.ts";
import { takeOutputs } from "./job-data.ts";
import { eventsOf } from "./job-events.ts";
import type { LimitsEnd } from "./limits.ts";
import { hasNeverBegun, wasStopping } from "./observe.ts";
import { isUnprepared } from "./preparation.ts";
import { runnerOf } from "./runners/runner-of.ts";
import { maskOfJob } from "./secrets.ts";
import { stolenPort } from "./stolen-port.ts";
import { usedBy } from "./usage.ts";

/** The wait after a start that the recording parent could not record: the disk may be full. */
const UNSTARTED_WAIT_MS = 10_000;
/** After a job got a TERM from outside, the supervisor may get one too: a job that is started now would be killed. */
const DISPATCH_PAUSE_MS = 1_000;

/** Commits changes of jobs; of those that are over, drops the job, cleans up, and releases the devices. */
export function recordEnds(supervisor: Supervisor, changes: readonly Change[]): void {
  for (const { change, result } of supervisor.committer.commit(changes)) {
    if (!result.ok) continue;
    const { metadata, status } = result.value;
    const { id } = metadata;
    const ended = status.attempts.at(-1);
    const isFree = isCollecting(result.value);
    if (status.state !== change.before.status.state) {
      if (status.state === "serving") failpoint("service:serving");
      if (status.state === "stopping") failpoint("service:stopping");
      if (status.state === "serving" || status.state === "stopping")
        supervisor.context.log(`${id}: ${status.state}`);
    }
    if ((isFree || openAttempt(result.value) === null) && !isCollecting(change.before))
      release(supervisor, result.value);
    if (isFree) {
      failpoint("collect:begun");
      supervisor.context.log(`${id}: has ended, its results are collected`);
      supervisor.nudge();
    }
    if (openAttempt(result.value) !== null) continue;
    if (status.state === "queued" && ended?.state === "orphaned")
      supervisor.jobs.requeued.push({ id, claimedAtMs: Date.parse(ended.claimedAt) });
    if (ended?.state === "failed" && ended.failure.code === "INTERRUPTED")
      pauseDispatch(supervisor, ended.finishedAt);
    supervisor.jobs.delete(id);
    if (ended !== undefined) supervisor.collector.forget(ended.token);
    supervisor.context.log(`${id}: ${sentence(result.value, supervisor.context.clock.now())}`);
  }
}

/** Removes what an attempt left, and releases its devices: no process of it lives. */
function release(supervisor: Supervisor, { spec: { kind }, status }: Task): void {
  const last = status.attempts.at(-1);
  if (last === undefined) return;
  runnerOf(kind).cleanup(supervisor, { kind, token: last.token });
  supervisor.devices?.release(last.token, last.devices ?? []);
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
  const { actor } = supervisor.context;
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
  const stolen = stolenPort({ task, job });
  if (stolen !== null) {
    const running = asStarted(task, job);
    const after = requeueUnstarted(running, stolen, { nowMs: end.endedAtMs, waitMs: 0 });
    return { before: task, after, actor };
  }
  inDamagedFolder(() => {
    // No writer is left: the logs do not change any more.
    for (const path of outputsOf({ task, job })) capLog(path, task.spec.logs.maxBytes);
  }, undefined);
  const tail = tailOf(supervisor, { task, job });
  const found = foundEndOf(supervisor, { task, job, limitsEnd, tail });
  const running = asStarted(task, job);
  const isCollected = phase.type === "ended" && needsCollecting({ task: running, directory: job.directory });
  const after = isCollected
    ? collecting(running, found)
    : finishWith(supervisor, { task: running, job, found, tail });
  return { before: task, after, actor };
}

/** The change that records the end of a task that is collecting; null while that goes on. */
export function collectedChange(supervisor: Supervisor, { task, job }: Ended): Change | null {
  const { collector, context } = supervisor;
  const { found, stop } = openAttempt(task) ?? {};
  if (found === undefined) throw new Error(`${job.id} is collecting, and its end is not on record`);
  const isCutShort = stop !== undefined && !found.isStopped;
  const collected =
    collector.resultOf({ task, directory: job.directory }) ??
    (isCutShort ? { notes: [`${stop.actor} ended the collecting of its results`] } : null);
  if (collected === null) return null;
  const of = { task, job, collected, tail: tailOf(supervisor, { task, job }) };
  const after = finishWith(supervisor, { ...of, found });
  // The job had its own end before, so that a success stays one; but it is not queued again.
  const isAgain = isCutShort && after.status.state === "queued";
  const final = isAgain ? finishWith(supervisor, { ...of, found: { ...found, isStopped: true } }) : after;
  const written = writeManifest(supervisor, { task: final, job, collected });
  return written === null ? null : { before: task, after: written, actor: context.actor };
}

/** Writes the manifest of an attempt; returns the task, with a note where that was refused, and null where the disk is full. */
function writeManifest(
  { committer, collector, keepsArtifacts, context: { layout } }: Supervisor,
  { task, job, collected }: Ended & { readonly collected: Collected },
): Task | null {
  const attempt = lastEnded(task);
  if (attempt === null) return task;
  const written = tryFs("write run_manifest.json", () =>
    replaceSynced(
      join(job.directory, ATTEMPT_FILES.manifest),
      manifestText(task, attempt, collected),
      layout.tmp,
    ),
  );
  failpoint("collect:manifest");
  if (written.ok && typeof task.spec.artifacts?.keep === "number") keepsArtifacts.set();
  if (written.ok) return task;
  if (written.error.code !== "DISK_FULL") return withNote(task, written.error.message);
  committer.enterDegraded(written.error);
  // Once there is room, also for what was not copied.
  collector.forget(job.token);
  return null;
}

interface Ended {
  readonly task: Task;
  readonly job: Job;
}

/** The evidence of a job of which no process lives. */
function foundEndOf(
  supervisor: Supervisor,
  { task, job, limitsEnd, tail }: Ended & { readonly limitsEnd: LimitsEnd; readonly tail: Tail },
): FoundEnd {
  const { phase } = job;
  if (!("end" in phase)) throw new Error(`${job.id} has not ended`);
  const { unenforced, ...limits } = limitsEnd;
  return whole({
    ...phase.end,
    ...limits,
    ...(unenforced !== undefined && { unenforced: [...unenforced] }),
    ...circumstancesOf(supervisor, { task, job }, tail.text),
    ...usedBy({ task, job }),
    isStopped: openAttempt(task)?.stop !== undefined,
    isStopping: wasStopping(supervisor, job),
    leftBehind: phase.leftBehind,
  });
}

/** A fact that the record does not keep is an error of types: it would be lost in the collecting, and the record unreadable. */
function whole<Found extends FoundEnd>(
  found: Found & Readonly<Record<Exclude<keyof Found, keyof FoundEnd>, never>>,
): FoundEnd {
  return found;
}

type Tail = ReturnType<typeof readTail>;

function outputsOf({ task, job }: Ended): string[] {
  return outputFiles(job.directory, task.spec.logs.separate);
}

/** The end of the log, without secrets. */
function tailOf({ context }: Supervisor, { task, job }: Ended): Tail {
  const mask = maskOfJob(context, { task, job });
  return inDamagedFolder(() => readTail(outputsOf({ task, job }), mask.text), { text: "", bytes: 0 });
}

/** The task after its attempt, as the evidence and what was collected say. */
function finishWith(
  supervisor: Supervisor,
  of: Ended & { readonly found: FoundEnd; readonly tail: Tail; readonly collected?: Collected },
): Task {
  const { task, job, found, tail, collected } = of;
  const { isStopped, ...evidence } = found;
  const { maxBytes } = task.spec.logs;
  const cutBytes = (): number =>
    outputsOf({ task, job }).reduce((total, path) => total + bytesCutIn(path, maxBytes), 0);
  const events = eventsOf(job);
  const end = {
    ...evidence,
    ...takeOutputs(supervisor, { task, job, told: events }),
    ...(events !== undefined && { events }),
    ...(events?.fail !== undefined && { hint: events.fail }),
    stop: isStopped ? (openAttempt(task)?.stop ?? null) : null,
    logTail: tail.text,
    logBytes: tail.bytes,
    logBytesCut: inDamagedFolder(cutBytes, 0),
    ...(collected?.artifactsTotal !== undefined && { artifacts: collected.artifactsTotal }),
    ...(collected?.packages !== undefined && { packages: summaryOfPackages(collected.packages) }),
    ...(collected?.tracking !== undefined && { tracking: collected.tracking }),
    ...(collected !== undefined && { notes: collected.notes }),
  };
  return finishAttempt(task, end, supervisor.context.random);
}

/** The task as running; unchanged where it is on record as such, and where its program has not run. */
export function asStarted(task: Task, job: Job): Task {
  if (task.status.state !== "preparing" || job.leader === null) return task;
  const tracking = mergedTracking(trackingAtStart(task, job.directory), job.findings?.tracking);
  const found = withFindings(task, { ...job.findings, ...(tracking !== undefined && { tracking }) });
  if (isUnprepared(job)) return found;
  return started(found, {
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
