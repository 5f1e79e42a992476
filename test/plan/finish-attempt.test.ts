import { describe, expect, test } from "bun:test";
import { check } from "../../src/model/check.ts";
import { DEFAULT_RETRY, type Retry } from "../../src/model/retry.ts";
import { type Task, task as taskSchema } from "../../src/model/task.ts";
import { finishAttempt } from "../../src/plan/finish-attempt.ts";
import { anyTask } from "../rig/arbitraries.ts";
import { fc } from "../rig/fast-check.ts";
import {
  after,
  anEnd,
  aStop,
  asRunning,
  aTask,
  at,
  exited,
  half,
  killedBy,
  LOST,
  lastEnded,
  NOW_MS,
  taskIn,
} from "../rig/tasks.ts";

const retryOf = (change: Partial<Retry>) => ({ spec: { retry: { ...DEFAULT_RETRY, ...change } } }) as const;
const always = { spec: { restart: { policy: "always", intervalMs: 60_000 } } } as const;
const TIMED_OUT = { stop: aStop({ reason: "Timeout" }) };

describe("settled() after a success", () => {
  test("completes the task and closes the attempt with all that is known of it", () => {
    const task = finishAttempt(
      asRunning(aTask()),
      anEnd(exited(0), { logTail: "bye\n", logBytes: 40, logBytesCut: 5 }),
      half,
    );
    expect(task.status).toMatchObject({
      state: "completed",
      reason: "Succeeded",
      endedAt: at(5_000),
      attempt: 1,
    });
    expect(lastEnded(task)).toEqual({
      state: "completed",
      id: "000001-train_att_1",
      number: 1,
      generation: 1,
      epoch: 1,
      resources: {},
      token: "token-1",
      supervisor: "here:1",
      hostBootId: "boot",
      claimedAt: at(),
      queuedMs: 0,
      process: { pid: 4_242, startTime: "777" },
      startedAt: at(),
      startedAwakeMs: 1_000,
      finishedAt: at(5_000),
      durationMs: 5_000,
      exitCode: 0,
      signal: null,
      logTail: "bye\n",
      logBytes: 40,
      logBytesCut: 5,
    });
  });

  test("forgets the failures before it", () => {
    const once = after(aTask(), killedBy("SIGKILL"));
    expect(once.status.consecutiveFailures).toBe(1);
    expect(after(once, exited(0)).status.consecutiveFailures).toBe(0);
  });

  test("starts a task that restarts always again after its interval, with no failure counted", () => {
    const failedOnce = after(
      aTask({ spec: { ...always.spec, retry: { ...DEFAULT_RETRY, scope: "any" } } }),
      exited(1),
    );
    const task = after(failedOnce, exited(0));
    expect(task.status).toMatchObject({
      state: "queued",
      reason: "Interval",
      retryAt: at(65_000),
      consecutiveFailures: 0,
      attempt: 2,
    });
  });

  test("gives zero duration to an attempt that ended before its start by a clock that was set back", () => {
    expect(lastEnded(after(aTask(), exited(0), { endedAtMs: NOW_MS - 5 })).durationMs).toBe(0);
  });
});

describe("settled() after a failure", () => {
  test("moves the task to dead-letter with the reason and the exit code", () => {
    const task = after(aTask(), exited(3));
    expect(task.status).toMatchObject({
      state: "failed",
      reason: "NonRetryable",
      endedAt: at(5_000),
      consecutiveFailures: 1,
    });
    expect(lastEnded(task)).toMatchObject({
      state: "failed",
      exitCode: 3,
      signal: null,
      failure: { code: "EXIT_NONZERO" },
    });
    expect(lastEnded(task)).not.toContainKey("retry");
  });

  test("queues it again after the decided delay, which stays on record", () => {
    const task = after(aTask(), killedBy("SIGKILL"));
    expect(task.status).toMatchObject({
      state: "queued",
      reason: "Backoff",
      retryAt: at(5_000 + 2_500),
      consecutiveFailures: 1,
    });
    expect(lastEnded(task)).toMatchObject({
      exitCode: null,
      signal: "SIGKILL",
      signalInferred: true,
      retry: { baseMs: 5_000, delayMs: 2_500, code: "KILLED" },
    });
  });

  test("counts the failures in a row up to the budget, the waits growing", () => {
    let task = aTask();
    const seen: unknown[] = [];
    for (let count = 0; count < 4; count += 1) {
      task = after(task, killedBy("SIGKILL"));
      const last = lastEnded(task);
      seen.push([
        task.status.state,
        task.status.consecutiveFailures,
        "retry" in last ? last.retry?.baseMs : null,
      ]);
    }
    expect(seen).toEqual([
      ["queued", 1, 5_000],
      ["queued", 2, 10_000],
      ["queued", 3, 20_000],
      ["failed", 4, null],
    ]);
    expect(task.status).toMatchObject({ reason: "Exhausted", attempt: 4 });
  });

  test.each([
    [
      "a timeout",
      aTask(),
      killedBy("SIGTERM"),
      TIMED_OUT,
      { state: "timeout", failure: { code: "TIMEOUT" } },
      "Timeout",
    ],
    [
      "a timeout that ended with exit code 0",
      aTask(),
      exited(0),
      TIMED_OUT,
      { state: "timeout", exitCode: 0 },
      "Timeout",
    ],
    [
      "what could not be started",
      aTask(),
      { type: "notStarted", code: "INVALID_SPEC", error: "no such file" },
      {},
      { state: "failed", exitCode: null, signal: null },
      "InvalidSpec",
    ],
    [
      "a kill for memory",
      aTask(),
      killedBy("SIGKILL"),
      { oomKilled: true },
      { failure: { code: "OOM_KILLED" } },
      "NonRetryable",
    ],
  ] as const)("moves %s to dead-letter", (_what, task, ending, more, attempt, reason) => {
    const next = after(task, ending, more);
    expect(lastEnded(next)).toMatchObject(attempt);
    expect(next.status).toMatchObject({ state: "failed", reason });
  });

  test("retries a timeout only where the task says so", () => {
    const task = after(aTask(retryOf({ onTimeout: true })), killedBy("SIGTERM"), TIMED_OUT);
    expect(task.status).toMatchObject({ state: "queued", reason: "Backoff", consecutiveFailures: 1 });
  });
});

describe("settled()", () => {
  const states = ["preparing", "running", "collecting", "orphaned"] as const;
  const endings = [exited(0), exited(1), exited(0, true), killedBy("SIGKILL"), LOST];
  const stops = [
    null,
    aStop(),
    aStop({ reason: "Timeout" }),
    aStop({ reason: "Shutdown" }),
    aStop({ reason: "Requeue" }),
  ];

  test.each(states)("ends an attempt of a task on record as %s, however it ended", (state) => {
    for (const ending of endings) {
      for (const stop of stops) {
        const expected = after(aTask(), ending, { stop }).status.state;
        expect(finishAttempt(taskIn(state), anEnd(ending, { stop }), half).status.state).toBe(expected);
      }
    }
  });

  test("throws for a task without an open attempt", () => {
    expect(() => finishAttempt(aTask(), anEnd(exited(0)), half)).toThrow("no open attempt");
  });

  test("leaves every task valid, with attempts numbered without a gap and all but the last closed", () => {
    fc.assert(
      fc.property(anyTask, (task: Task) => {
        const { status } = task;
        expect(check(taskSchema, task).ok).toBeTrue();
        expect(status.attempts.map(({ number }) => number)).toEqual(
          status.attempts.map((_, index) => index + 1),
        );
        expect(status.attempt).toBe(status.attempts.length);
        expect(status.attempts.slice(0, -1).filter(({ state }) => state === "running")).toEqual([]);
        const epochs = status.attempts.map(({ epoch }) => epoch);
        expect(epochs.toSorted((left, right) => left - right)).toEqual(epochs);
        if (status.state === "completed") expect(status.consecutiveFailures).toBe(0);
      }),
    );
  });
});
