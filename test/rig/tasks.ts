import { timestamp } from "../../src/lib/clock.ts";
import type { EndedAttempt, StopIntent } from "../../src/model/attempt.ts";
import { DEFAULT_BACKOFF } from "../../src/model/backoff.ts";
import type { Ending } from "../../src/model/evidence.ts";
import { makeTaskId } from "../../src/model/identity.ts";
import { claimed, countersOf, started, stopRequested } from "../../src/model/lifecycle.ts";
import { DEFAULT_RESTART, DEFAULT_RETRY } from "../../src/model/retry.ts";
import { DEFAULT_GRACE_MS, DEFAULT_LOG_BYTES, type Spec } from "../../src/model/spec.ts";
import type { State } from "../../src/model/state.ts";
import { accepted, type Draft } from "../../src/model/submission.ts";
import type { Metadata, Task } from "../../src/model/task.ts";
import { type End, finishAttempt } from "../../src/plan/finish-attempt.ts";

/** The moment of every built task, in ms since the epoch. */
export const NOW_MS = Date.UTC(2026, 0, 2, 3, 4, 5);

/** A time on disk, so many ms after `NOW_MS`. */
export function at(afterMs = 0): string {
  return timestamp(NOW_MS + afterMs);
}

/** A valid spec: `true` in `/`, and every default. */
export function aSpec(change: Partial<Spec> = {}): Spec {
  return {
    kind: {
      type: "subprocess",
      mode: { type: "command", command: "/bin/true", args: [] },
      cwd: "/",
      env: {},
      environment: { policy: "clear" },
      failOnNonZero: true,
    },
    priority: 0,
    resources: {},
    restart: DEFAULT_RESTART,
    retry: DEFAULT_RETRY,
    backoff: DEFAULT_BACKOFF,
    stopGraceMs: DEFAULT_GRACE_MS,
    logs: { separate: false, maxBytes: DEFAULT_LOG_BYTES },
    hold: false,
    ...change,
  };
}

/** A valid task before it has a number. */
export function aDraft(change: Partial<Draft> = {}): Draft {
  return { name: "train", labels: {}, annotations: {}, spec: aSpec(), ...change };
}

/** What of a task a test cares about; the rest is valid. */
export interface TaskChange {
  readonly number?: number;
  readonly name?: string;
  readonly spec?: Partial<Spec>;
  readonly metadata?: Partial<Metadata>;
}

/** A queued task that has never run. */
export function aTask({ number = 1, name = "train", spec, metadata }: TaskChange = {}): Task {
  const id = makeTaskId(number, name);
  const acceptance = { id, number, uid: `uid-${number}`, at: at(), createdBy: "ada", source: "cli" } as const;
  const task = accepted(aDraft({ name, spec: aSpec(spec) }), acceptance);
  return { ...task, metadata: { ...task.metadata, ...metadata } };
}

/** The task with its next attempt open. */
export function asClaimed(task: Task, token = `token-${task.status.attempt + 1}`): Task {
  return claimed(task, { token, supervisor: "here:1", hostBootId: "boot", claimedAt: at() });
}

/** The task with its next attempt open and its process on record: started at `NOW_MS`, 1000 ms after the boot. */
export function asRunning(task: Task): Task {
  const process = { pid: 4_242, startTime: "777" };
  return started(asClaimed(task), { process, startedAt: at(), startedAwakeMs: 1_000 });
}

/** A wish to end a job. */
export function aStop(change: Partial<StopIntent> = {}): StopIntent {
  return { reason: "User", requestedAt: at(), graceMs: 30_000, actor: "ada", ...change };
}

/** The recording parent's word for an exit. */
export function exited(exitCode: number, sawTerm = false): Ending {
  return { type: "exited", exitCode, signal: null, signalInferred: false, sawTerm };
}

/** The recording parent's word for a death by a signal. */
export function killedBy(signal: string): Ending {
  return { type: "exited", exitCode: null, signal, signalInferred: true, sawTerm: false };
}

/** No process, and nothing that says how it ended. */
export const LOST = {
  type: "lost",
  signal: null,
  note: "the process is gone and left no result",
} as const satisfies Ending;

/** What the supervisor found at an attempt's end, 5 s after its start. */
export function anEnd(ending: Ending, change: Partial<End> = {}): End {
  const nothing = { stop: null, oomKilled: false, logTail: "", logBytes: 0, logBytesCut: 0 };
  return { ending, endedAtMs: NOW_MS + 5_000, ...nothing, ...change };
}

/** Never a draw that matters. */
export const half = (): number => 0.5;

/** The task after one attempt that ended so. */
export function after(task: Task, ending: Ending, change: Partial<End> = {}): Task {
  return finishAttempt(asRunning(task), anEnd(ending, change), half);
}

/** The task after one attempt that was cancelled. */
function asCancelled(task: Task): Task {
  const running = stopRequested(asRunning(task), aStop());
  return finishAttempt(running, anEnd(killedBy("SIGTERM"), { stop: aStop() }), half);
}

/** A task in any state. */
export function taskIn(state: State, change: TaskChange = {}): Task {
  const task = aTask(change);
  switch (state) {
    case "queued":
      return task;
    case "preparing":
      return asClaimed(task);
    case "running":
      return asRunning(task);
    case "serving":
    case "stopping":
    case "collecting":
    case "orphaned": {
      const running = asRunning(task);
      return { ...running, status: { ...countersOf(running), state } };
    }
    case "completed":
      return after(task, exited(0));
    case "failed":
      return after(task, exited(3));
    case "cancelled":
      return asCancelled(task);
  }
}

/** The last attempt of a task, which must have ended. */
export function lastEnded(task: Task): EndedAttempt {
  const last = task.status.attempts.at(-1);
  if (last === undefined || last.state === "running") throw new Error("the last attempt has not ended");
  return last;
}
