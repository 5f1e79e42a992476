import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { check } from "../../src/model/check.ts";
import { failureOf } from "../../src/model/failure.ts";
import { retried } from "../../src/model/lifecycle.ts";
import { DEFAULT_RETRY, type Retry } from "../../src/model/retry.ts";
import { type Task, task as taskSchema } from "../../src/model/task.ts";
import { released, settled } from "../../src/plan/settle.ts";
import { anyTask } from "../rig/arbitraries.ts";
import {
  after,
  anEnd,
  aStop,
  asClaimed,
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
const SHUT_DOWN = { stop: aStop({ reason: "Shutdown" }) };

describe("settled() after a success", () => {
  test("completes the task and closes the attempt with all that is known of it", () => {
    const task = settled(
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

  test("starts what restarts always again after its interval, with no failure counted", () => {
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

  test("takes an end before its start, as a clock that was set back shows it, for no time at all", () => {
    expect(lastEnded(after(aTask(), exited(0), { endedAtMs: NOW_MS - 5 })).durationMs).toBe(0);
  });
});

describe("settled() after a failure", () => {
  test("sets the task aside with the reason, the exit code kept", () => {
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

  test("queues it again after the wait that was decided, which stays on record", () => {
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
  ] as const)("sets aside %s", (_what, task, ending, more, attempt, reason) => {
    const next = after(task, ending, more);
    expect(lastEnded(next)).toMatchObject(attempt);
    expect(next.status).toMatchObject({ state: "failed", reason });
  });

  test("retries a timeout only where the task says so", () => {
    const task = after(aTask(retryOf({ onTimeout: true })), killedBy("SIGTERM"), TIMED_OUT);
    expect(task.status).toMatchObject({ state: "queued", reason: "Backoff", consecutiveFailures: 1 });
  });
});

describe("settled() counts nothing", () => {
  test("for a cancel, which is final whatever the exit code", () => {
    for (const ending of [exited(0), exited(3), killedBy("SIGKILL"), LOST]) {
      const task = after(aTask(always), ending, { stop: aStop() });
      expect(task.status).toMatchObject({
        state: "cancelled",
        reason: "User",
        message: "cancelled by ada",
        consecutiveFailures: 0,
      });
      expect(lastEnded(task)).toMatchObject({ state: "cancelled", note: "cancelled by ada" });
    }
  });

  test.each([
    ["a stop with the supervisor", exited(143), SHUT_DOWN, "Shutdown", "cancelled"],
    ["a stop with the supervisor that ended well", exited(0), SHUT_DOWN, "Shutdown", "cancelled"],
    ["an interruption by the machine", exited(0, true), {}, "Interrupted", "failed"],
    ["an interruption that looks like an error", exited(1, true), {}, "Interrupted", "failed"],
  ] as const)("for %s: it is queued again at once", (_what, ending, more, reason, attempt) => {
    const failedOnce = after(aTask(retryOf({ scope: "any" })), exited(1));
    const task = after(failedOnce, ending, more);
    expect(task.status).toMatchObject({
      state: "queued",
      reason,
      consecutiveFailures: 1,
      orphanCount: 0,
      attempt: 2,
    });
    expect(task.status).not.toContainKey("retryAt");
    expect(lastEnded(task).state).toBe(attempt);
  });

  test("for a hundred interruptions", () => {
    let task = aTask();
    for (let count = 0; count < 100; count += 1) task = after(task, exited(0, true));
    expect(task.status).toMatchObject({ state: "queued", consecutiveFailures: 0, attempt: 100 });
  });
});

describe("settled() after a loss", () => {
  test("queues the task again three times, on a counter of its own, and then sets it aside", () => {
    let task = after(aTask(), killedBy("SIGKILL"));
    const seen: unknown[] = [];
    for (let count = 0; count < 4; count += 1) {
      task = after(task, LOST);
      const { state, orphanCount, consecutiveFailures } = task.status;
      seen.push([state, orphanCount, consecutiveFailures]);
    }
    expect(seen).toEqual([
      ["queued", 1, 1],
      ["queued", 2, 1],
      ["queued", 3, 1],
      ["failed", 4, 1],
    ]);
    expect(task.status).toMatchObject({ reason: "OrphanLimit" });
    expect(lastEnded(task)).toMatchObject({
      state: "orphaned",
      failure: { code: "STALE_WORKER" },
      exitCode: null,
      signal: null,
    });
    expect(retried(task).status.orphanCount).toBe(0);
  });

  test.each([
    ["no loss is allowed", { maxOrphans: 0 }, LOST],
    ["it must not start twice", { onOrphan: "never" }, LOST],
    ["it must not start twice, not even after an interruption", { onOrphan: "never" }, exited(0, true)],
  ] as const)("sets it aside at once where %s", (_what, retry, ending) => {
    const task = after(aTask(retryOf(retry)), ending);
    expect(task.status).toMatchObject({ state: "failed", reason: "OrphanLimit", attempt: 1 });
  });
});

describe("settled()", () => {
  const states = ["preparing", "running", "collecting", "orphaned"] as const;
  const endings = [exited(0), exited(1), exited(0, true), killedBy("SIGKILL"), LOST];
  const stops = [null, aStop(), aStop({ reason: "Timeout" }), aStop({ reason: "Shutdown" })];

  test.each(states)("ends an attempt of a task on record as %s, however it ended", (state) => {
    for (const ending of endings) {
      for (const stop of stops) {
        const expected = after(aTask(), ending, { stop }).status.state;
        expect(settled(taskIn(state), anEnd(ending, { stop }), half).status.state).toBe(expected);
      }
    }
  });

  test("throws for a task without an open attempt", () => {
    expect(() => settled(aTask(), anEnd(exited(0)), half)).toThrow("no open attempt");
  });

  test("leaves every task valid, its attempts numbered without a gap and closed but for the last", () => {
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

describe("released()", () => {
  const failure = failureOf("STALE_WORKER", "never-started", "the supervisor was gone");

  test("closes an attempt that never started, and counts nothing", () => {
    const claimed = asClaimed(after(aTask(), LOST));
    const task = released(claimed, failure, { nowMs: NOW_MS + 9, waitMs: 0 });
    expect(task.status).toMatchObject({
      state: "queued",
      reason: "Orphaned",
      orphanCount: 1,
      consecutiveFailures: 0,
      attempt: 2,
    });
    expect(task.status).not.toContainKey("retryAt");
    expect(lastEnded(task)).toMatchObject({
      state: "orphaned",
      durationMs: 0,
      finishedAt: at(9),
      failure,
      exitCode: null,
    });
  });

  test("puts back what must not start twice, as it has not started", () => {
    expect(
      released(asClaimed(aTask(retryOf({ onOrphan: "never", maxOrphans: 0 }))), failure, {
        nowMs: NOW_MS,
        waitMs: 0,
      }).status.state,
    ).toBe("queued");
  });

  test("throws for a task without an open attempt", () => {
    expect(() => released(aTask(), failure, { nowMs: NOW_MS, waitMs: 0 })).toThrow("no open attempt");
  });
});
