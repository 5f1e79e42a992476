import { timestamp } from "../../lib/clock.ts";
import { describeLeftBehind } from "../../model/attempt.ts";
import { failureOf } from "../../model/failure.ts";
import { containerOf } from "../../model/kind.ts";
import { pullingImage, started } from "../../model/lifecycle.ts";
import type { Task } from "../../model/task.ts";
import { openAttempt } from "../../model/task.ts";
import { finishAttempt, requeueUnstarted } from "../../plan/finish-attempt.ts";
import { bytesCutIn, capLog, readTail } from "../../run/log.ts";
import { maskFor } from "../../run/mask.ts";
import { outputFiles } from "../../run/output.ts";
import { inDamagedFolder } from "../../run/records.ts";
import { type ProcessTree, signalTrees, survivorsOf } from "../../run/tree.ts";
import type { Change } from "../../store/writer.ts";
import type { Supervisor } from "../supervisor.ts";
import { circumstancesOf } from "./circumstances.ts";
import { type Job, readMain } from "./job.ts";
import { endLimits, type LimitsEnd } from "./limits.ts";
import { hasNeverBegun, isUndecided, observeEnds, wasStopping } from "./observe.ts";
import { containerPhase, forgetContainer } from "./runners/container.ts";
import { secretsOf } from "./secrets.ts";

/** A job that is over sooner is not written down as running: its end is written instead. */
const RUNNING_AFTER_MS = 100;
/** No attempt has this token. */
const NOBODY = "nobody";
/** How often a process that is not our child, or a rest that was told to go, is looked at. */
export const LOOK_MS = 100;
/** A disk that had no room for the note of a start gets time. */
const UNSTARTED_WAIT_MS = 10_000;
/** A TERM to our jobs from outside may be on its way to us too: a job that is started now would be killed. */
const DISPATCH_PAUSE_MS = 1_000;
/** A process that KILL did not end is asked again this often (it may hang in the kernel). */
const KILL_AGAIN_MS = 1_000;

/** One round over all jobs: sees ends, stops what must stop, records what is over. Returns when to look again, in ms. */
export function finishJobs(supervisor: Supervisor): number | null {
  const jobs = observeEnds(supervisor);
  const going = jobs.filter(({ job }) => job.end === null);
  const ended = jobs.filter(({ job }) => job.end !== null);
  // First: a deadline does not wait until others were seen off.
  const waits = [signalWhatMust(supervisor, going)];
  const left = survivorsOf(
    ended.map(({ job }) => job),
    supervisor.processes,
  );
  for (const [index, one] of ended.entries()) countLeftBehind(one, left[index]?.length ?? 0);
  const isGone = (index: number): boolean => left[index]?.length === 0;
  const lingering = ended.filter((_, index) => !isGone(index));
  waits.push(signalWhatMust(supervisor, lingering));
  const progress = [...going, ...lingering]
    .filter(({ task }) => task.status.state === "preparing")
    .map((one) => progressOf(supervisor, one));
  waits.push(...progress.map(({ lookInMs }) => lookInMs));
  const ends = ended
    .filter((_, index) => isGone(index))
    .map(({ task, job }): Change | null => {
      if (isUndecided(supervisor, { task, job })) return null;
      const limitsEnd = endLimits(supervisor, job);
      return limitsEnd === null ? null : endChangeOf(supervisor, { task, job, limitsEnd });
    });
  if (ends.includes(null)) waits.push(LOOK_MS);
  const lookInMs = least(waits);
  if (!supervisor.ensureWritable()) return Math.min(lookInMs ?? LOOK_MS * 5, LOOK_MS * 5);
  recordEnds(
    supervisor,
    [...progress.map(({ change }) => change), ...ends].filter((change) => change !== null),
  );
  return lookInMs;
}

/** The first of some waits; null where nothing is waited for. */
function least(waits: readonly (number | null)[]): number | null {
  return waits.reduce((first, ms) => (first === null || ms === null ? (first ?? ms) : Math.min(first, ms)));
}

/** Writes what became of jobs, and lets go of those that are over. */
function recordEnds(supervisor: Supervisor, changes: readonly Change[]): void {
  for (const [index, written] of supervisor.commit(changes).entries()) {
    const id = changes[index]?.after.metadata.id;
    if (!written.ok || id === undefined || openAttempt(written.value) !== null) continue;
    const { status } = written.value;
    const ended = status.attempts.at(-1);
    if (status.state === "queued" && ended?.state === "orphaned")
      supervisor.requeued.push({ id, claimedAtMs: Date.parse(ended.claimedAt) });
    if (ended?.state === "failed" && ended.failure.code === "INTERRUPTED")
      pauseDispatch(supervisor, ended.finishedAt);
    supervisor.jobs.delete(id);
    const { kind } = written.value.spec;
    if (kind.type === "container" && ended !== undefined) forgetContainer(supervisor, kind, ended.token);
    if (ended !== undefined) supervisor.devices?.release(ended.token, ended.devices ?? []);
    supervisor.context.log(`${id}: ${sentence(written.value)}`);
  }
}

/** What ended before our time is an old story: the signals of that end did not come to us. */
function pauseDispatch(supervisor: Supervisor, interruptedAt: string): void {
  const { clock, lock } = supervisor.context;
  if (Date.parse(interruptedAt) < Date.parse(lock.owner.since)) return;
  supervisor.dispatchPausedUntilMs = clock.awakeMs() + DISPATCH_PAUSE_MS;
}

/** A job that has not ended and is not on record as running: what is to be written of it, and when to look again. */
function progressOf(
  supervisor: Supervisor,
  { task, job }: { task: Task; job: Job },
): { change: Change | null; lookInMs: number | null } {
  const { actor, clock } = supervisor.context;
  const ageMs = clock.awakeMs() - job.startedAwakeMs;
  if (ageMs < RUNNING_AFTER_MS) return { change: null, lookInMs: RUNNING_AFTER_MS - ageMs };
  readMain(job);
  const phase = containerOf(task.spec.kind) === null ? "made" : containerPhase(job);
  if (phase === "made")
    return { change: { before: task, after: asStarted(task, job), actor }, lookInMs: null };
  const isNews = phase === "pulling" && task.status.state === "preparing" && task.status.reason === undefined;
  const change = isNews ? { before: task, after: pullingImage(task), actor } : null;
  return { change, lookInMs: LOOK_MS };
}

/** True where the loop is woken up by the end of a job. */
function isHeardOf({ leaders }: Supervisor, { isChild, runner, leader }: Job): boolean {
  const last = runner ?? leader;
  return isChild || (last !== null && leaders.isWatched(last));
}

/** A signal that is due. */
interface Order {
  readonly tree: ProcessTree;
  readonly signal: "SIGTERM" | "SIGKILL" | "SIGCONT";
}

/** Sends the signals that are due to jobs that have not gone; returns when to look at one of them again, in ms. */
function signalWhatMust(
  supervisor: Supervisor,
  jobs: readonly { readonly task: Task; readonly job: Job }[],
): number | null {
  const orders: Order[] = [];
  const waits = jobs.map(
    (one) => stopWhatMust(supervisor, one, orders) ?? (isHeardOf(supervisor, one.job) ? null : LOOK_MS),
  );
  for (const signal of ["SIGTERM", "SIGKILL", "SIGCONT"] as const) {
    const trees = orders.filter((order) => order.signal === signal).map(({ tree }) => tree);
    signalTrees(trees, signal, supervisor.processes);
  }
  return least([null, ...waits]);
}

/** Orders the next signal where one is due; returns when to look again in ms, or null where nothing is to stop. */
function stopWhatMust(
  supervisor: Supervisor,
  { task, job }: { task: Task; job: Job },
  orders: Order[],
): number | null {
  const stop = openAttempt(task)?.stop;
  if (stop === undefined && job.end === null) return null;
  const nowMs = supervisor.context.clock.awakeMs();
  const graceMs = stop?.graceMs ?? task.spec.stopGraceMs;
  const isContainer = containerOf(task.spec.kind) !== null;
  readMain(job);
  const send = (signal: "SIGTERM" | "SIGKILL"): number => {
    // The runner passes a TERM on; the processes in the container would get it twice.
    const isForRunner = isContainer && signal === "SIGTERM";
    orders.push({ tree: isForRunner ? { leader: job.runner ?? job.leader, token: NOBODY } : job, signal });
    if (isForRunner && openAttempt(task)?.paused !== undefined) orders.push({ tree: job, signal: "SIGCONT" });
    job.sent = { signal, atAwakeMs: nowMs };
    return LOOK_MS;
  };
  // What is left when the container is gone are commands of the engine.
  if (isContainer && job.end !== null && job.sent?.signal !== "SIGKILL") return send("SIGKILL");
  // The runner that ends the container is a process of the attempt, too.
  const isBeingKilled = isContainer && job.end === null && job.sent?.signal === "SIGKILL";
  if (isBeingKilled) return LOOK_MS;
  if (job.sent === null) return send(graceMs === 0 ? "SIGKILL" : "SIGTERM");
  const sinceMs = nowMs - job.sent.atAwakeMs;
  if (job.sent.signal === "SIGTERM" && sinceMs >= graceMs) return send("SIGKILL");
  if (job.sent.signal === "SIGKILL" && sinceMs >= KILL_AGAIN_MS) return send("SIGKILL");
  return job.sent.signal === "SIGTERM" ? Math.min(LOOK_MS, graceMs - sinceMs) : LOOK_MS;
}

function asStarted(task: Task, job: Job): Task {
  if (task.status.state !== "preparing" || job.leader === null) return task;
  return started(task, {
    process: { pid: job.leader.pid, startTime: job.leader.startTime },
    startedAt: timestamp(job.startedAtMs),
    startedAwakeMs: job.startedAwakeMs,
    ...(job.limits !== null && job.limits.unenforced.length > 0 && { unenforced: job.limits.unenforced }),
  });
}

function endChangeOf(
  supervisor: Supervisor,
  { task, job, limitsEnd }: { task: Task; job: Job; limitsEnd: LimitsEnd },
): Change {
  const { random, actor, layout, environment } = supervisor.context;
  if (job.end === null) throw new Error(`${job.id} has not ended`);
  // Who was told to end meanwhile is not queued again.
  const isWanted = openAttempt(task)?.stop === undefined;
  if (isWanted && job.isRefused && job.end.ending.type === "notStarted") {
    const { code, error } = job.end.ending;
    const failure = failureOf(code, "spawn", error);
    return {
      before: task,
      after: requeueUnstarted(task, failure, { nowMs: job.end.endedAtMs, waitMs: 0 }),
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
      after: requeueUnstarted(task, failure, { nowMs: job.end.endedAtMs, waitMs: UNSTARTED_WAIT_MS }),
      actor,
    };
  }
  // What was captured stays the same, a file may hold another value by now.
  const isKnown = job.secrets !== undefined && task.spec.kind.envFrom === undefined;
  const secrets = isKnown ? [] : secretsOf(layout, task, environment);
  const mask = maskFor([...secrets, ...(job.secrets ?? [])]);
  const { logs } = task.spec;
  const outputs = outputFiles(job.directory, logs.separate);
  // Nobody is left who writes: from here on they stay as they are.
  inDamagedFolder(() => {
    for (const path of outputs) capLog(path, logs.maxBytes);
  }, undefined);
  const tail = inDamagedFolder(() => readTail(outputs, mask.text), { text: "", bytes: 0 });
  const running = asStarted(task, job);
  const after = finishAttempt(
    running,
    {
      ...job.end,
      stop: openAttempt(task)?.stop ?? null,
      isStopping: wasStopping(supervisor, job),
      ...limitsEnd,
      ...circumstancesOf(supervisor, { task, job }, tail.text),
      leftBehind: job.leftBehind ?? 0,
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

/** What a job that ended by itself has left running: with whatever ended it, others end as well. */
function countLeftBehind({ task, job }: { task: Task; job: Job }, count: number): void {
  const isByItself = openAttempt(task)?.stop === undefined && job.end?.ending.type === "exited";
  if (isByItself && containerOf(task.spec.kind) === null)
    job.leftBehind = Math.max(job.leftBehind ?? 0, count);
}

/** One line for the supervisor's own log. */
function sentence(task: Task): string {
  const { status } = task;
  const last = status.attempts.at(-1);
  const isFailed = last !== undefined && "failure" in last;
  const remains = last === undefined ? null : describeLeftBehind(last);
  const failure = `${isFailed ? ` (${last.failure.code}: ${last.failure.error})` : ""}${remains === null ? "" : `; ${remains}`}`;
  if (status.state === "queued") {
    const until = status.retryAt === undefined ? "" : `, next attempt not before ${status.retryAt}`;
    return `queued again, ${status.reason ?? "ready"}${failure}${until}`;
  }
  return `${status.state}${failure}`;
}
