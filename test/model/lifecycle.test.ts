import { describe, expect, test } from "bun:test";
import {
  awakened,
  cancelledInQueue,
  claimed,
  retried,
  started,
  stopRequested,
  withEndedAttempt,
} from "../../src/model/lifecycle.ts";
import { MAX_ATTEMPTS_KEPT, openAttempt, type Task } from "../../src/model/task.ts";
import {
  after,
  aStop,
  asClaimed,
  asRunning,
  aTask,
  at,
  exited,
  LOST,
  lastEnded,
  taskIn,
} from "../rig/tasks.ts";

const CLAIM = { token: "t", supervisor: "here:1", hostBootId: "boot", claimedAt: at(7) };
const retrying = {
  restart: { policy: "onFailure" },
  retry: { maxAttempts: 0, scope: "any", maxOrphans: 3, onOrphan: "requeue" },
} as const;

/** A task after so many failed attempts, each of which is retried. */
function failedTimes(count: number): Task {
  let task = aTask({ spec: retrying });
  for (let done = 0; done < count; done += 1) task = after(task, exited(1), { logTail: `tail ${done + 1}` });
  return task;
}

describe("claimed()", () => {
  test("opens the first attempt with its number, its token and what is reserved", () => {
    const task = aTask({ spec: { resources: { cpus: 2 } }, metadata: { generation: 4, epoch: 2 } });
    const next = claimed(task, CLAIM);
    expect(next.status).toEqual({
      state: "preparing",
      attempt: 1,
      consecutiveFailures: 0,
      orphanCount: 0,
      observedGeneration: 4,
      attempts: [
        {
          state: "running",
          id: "000001-train_att_1",
          number: 1,
          generation: 4,
          epoch: 2,
          queuedMs: 7,
          resources: { cpus: 2 },
          ...CLAIM,
        },
      ],
    });
    expect([next.metadata, next.spec]).toEqual([task.metadata, task.spec]);
  });

  test("tells how long the task was in the queue: since it was submitted, was to start, was queued again, or retried by a user", () => {
    const claimedAt = at(90_000);
    const queuedMs = (task: Task): number | undefined =>
      openAttempt(claimed(task, { ...CLAIM, claimedAt }))?.queuedMs;
    const fresh = aTask();
    const failed = failedTimes(1);
    const { retryAt = "" } = failed.status as { retryAt?: string };
    const again = {
      ...retried(taskIn("failed")),
      metadata: { ...fresh.metadata, epoch: 2, updatedAt: at(70_000) },
    };
    expect([
      queuedMs(fresh),
      queuedMs({ ...fresh, spec: { ...fresh.spec, notBefore: at(80_000) } }),
      queuedMs(failed),
      queuedMs(again),
    ]).toEqual([90_000, 10_000, Date.parse(claimedAt) - Date.parse(retryAt), 20_000]);
  });

  test("numbers the next attempt, and drops the reason of the wait", () => {
    const next = claimed(failedTimes(2), CLAIM);
    expect(openAttempt(next)).toMatchObject({ number: 3, id: "000001-train_att_3" });
    expect(next.status.consecutiveFailures).toBe(2);
    expect(Object.keys(next.status)).not.toContain("retryAt");
    expect(Object.keys(next.status)).not.toContain("reason");
  });

  test("keeps the last 256 attempts, with their numbers", () => {
    const next = claimed(failedTimes(300), CLAIM);
    expect(next.status.attempt).toBe(301);
    expect(MAX_ATTEMPTS_KEPT).toBe(256);
    expect(next.status.attempts.map(({ number }) => number)).toEqual(
      Array.from({ length: 256 }, (_, index) => index + 46),
    );
  });

  test("refuses a task that is not queued", () => {
    expect(() => claimed(taskIn("running"), CLAIM)).toThrow("running -> preparing");
    expect(() => claimed(taskIn("completed"), CLAIM)).toThrow("completed -> preparing");
  });
});

describe("started()", () => {
  const process = { process: { pid: 5, startTime: "9" }, startedAt: at(3), startedAwakeMs: 12 };

  test("records the process on the open attempt", () => {
    const next = started(asClaimed(aTask()), process);
    expect(next.status.state).toBe("running");
    expect(openAttempt(next)).toMatchObject({ ...process, token: "token-1", number: 1 });
    expect(next.status.attempts).toHaveLength(1);
  });

  test("throws without an open attempt", () => {
    expect(() => started(aTask(), process)).toThrow("no open attempt");
  });
});

describe("stopRequested()", () => {
  const running = asRunning(aTask());
  const stopOf = (task: Task): unknown => openAttempt(task)?.stop;

  test("records the request, in any state of the attempt", () => {
    expect(stopOf(stopRequested(running, aStop()))).toEqual(aStop());
    expect(stopRequested(running, aStop()).status.state).toBe("running");
    expect(stopOf(stopRequested(asClaimed(aTask()), aStop()))).toEqual(aStop());
  });

  const timeout = aStop({ reason: "Timeout", actor: "stint", requestedAt: at(1), graceMs: 9_000 });
  const shutdown = aStop({ reason: "Shutdown", requestedAt: at(2), graceMs: 5_000 });
  const user = aStop({ reason: "User", actor: "grace", requestedAt: at(3), graceMs: 7_000 });

  test.each([
    ["a person's after a timeout, which could be retried", timeout, user, { ...user, graceMs: 7_000 }],
    ["a person's after a shutdown, which is queued again", shutdown, user, { ...user, graceMs: 5_000 }],
    ["a timeout after a person's", user, { ...timeout, graceMs: 1 }, { ...user, graceMs: 1 }],
    ["a shutdown after a person's", user, shutdown, { ...user, graceMs: 5_000 }],
    ["a shutdown after a timeout", timeout, shutdown, { ...timeout, graceMs: 5_000 }],
    ["a timeout after a shutdown", shutdown, timeout, shutdown],
    ["a second cancel, which kills at once", user, { ...user, graceMs: 0 }, { ...user, graceMs: 0 }],
    ["a second cancel, which waits longer", user, { ...user, graceMs: 60_000, requestedAt: at(9) }, user],
  ])(
    "keeps of two requests the one that ends the task, with the shorter grace: %s",
    (_what, first, second, kept) => {
      expect(stopOf(stopRequested(stopRequested(running, first), second))).toEqual(kept);
    },
  );

  test("throws without an open attempt", () => {
    expect(() => stopRequested(aTask(), aStop())).toThrow("no open attempt");
  });
});

describe("withEndedAttempt()", () => {
  test("keeps the log tails of the last three attempts, and everything else of all attempts", () => {
    const { attempts } = failedTimes(5).status;
    expect(attempts.map((attempt) => ("logTail" in attempt ? attempt.logTail : null))).toEqual([
      null,
      null,
      "tail 3",
      "tail 4",
      "tail 5",
    ]);
    expect(
      attempts.every((attempt) => attempt.state === "failed" && attempt.failure.code === "EXIT_NONZERO"),
    ).toBeTrue();
    expect(attempts.map(({ number }) => number)).toEqual([1, 2, 3, 4, 5]);
  });

  test("keeps the tails when the next attempt opens", () => {
    const open = asRunning(failedTimes(3));
    expect(open.status.attempts.map((attempt) => "logTail" in attempt)).toEqual([true, true, true, false]);
  });

  test("closes the open attempt in its place", () => {
    const running = asRunning(failedTimes(1));
    const ended = { ...lastEnded(failedTimes(1)), number: 2 };
    expect(withEndedAttempt(running, ended).status.attempts).toEqual([lastEnded(failedTimes(1)), ended]);
  });
});

describe("retried()", () => {
  test.each(["failed", "cancelled"] as const)(
    "opens a new epoch with a fresh budget for a task that is %s, and keeps numbers and history",
    (state) => {
      const ended = taskIn(state);
      const spent = { ...ended, status: { ...ended.status, consecutiveFailures: 4, orphanCount: 3 } };
      const next = retried(spent);
      expect(next.metadata).toEqual({ ...ended.metadata, epoch: 2 });
      expect(next.status).toEqual({
        state: "queued",
        attempt: 1,
        consecutiveFailures: 0,
        orphanCount: 0,
        observedGeneration: 1,
        attempts: ended.status.attempts,
      });
      expect(openAttempt(asClaimed(next))).toMatchObject({ number: 2, epoch: 2 });
    },
  );

  test.each(["completed", "queued"] as const)("refuses a task that is %s", (state) => {
    expect(() => retried(taskIn(state))).toThrow("invalid transition");
  });
});

test("awakened() ends the wait between two attempts and keeps the counters", () => {
  const waiting = failedTimes(2);
  expect(Object.keys(waiting.status)).toContain("retryAt");
  const { reason: _reason, retryAt: _retryAt, ...kept } = { ...waiting.status } as Record<string, unknown>;
  expect(awakened(waiting).status).toEqual(kept as typeof waiting.status);
  expect(awakened(waiting).metadata).toEqual(waiting.metadata);
});

test("cancelledInQueue() ends a queued task with its history, and nothing else", () => {
  const end = { reason: "User", endedAt: at(5), message: "cancelled by ada before it ran" } as const;
  const task = after(aTask({ spec: retrying }), LOST);
  expect(cancelledInQueue(task, end).status).toMatchObject({
    state: "cancelled",
    ...end,
    orphanCount: 1,
    attempt: 1,
  });
  expect(() => cancelledInQueue(taskIn("completed"), end)).toThrow("invalid transition");
});
