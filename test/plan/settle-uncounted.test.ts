import { describe, expect, test } from "bun:test";
import { failureOf } from "../../src/model/failure.ts";
import { retried } from "../../src/model/lifecycle.ts";
import { DEFAULT_RETRY, type Retry } from "../../src/model/retry.ts";
import type { Task } from "../../src/model/task.ts";
import { requeueCutShort, requeueUnstarted } from "../../src/plan/finish-attempt.ts";
import { gateOf } from "../../src/plan/gate.ts";
import { surroundings } from "../rig/machine.ts";
import {
  after,
  aStop,
  asClaimed,
  aTask,
  at,
  exited,
  killedBy,
  LOST,
  lastEnded,
  NOW_MS,
} from "../rig/tasks.ts";

const retryOf = (change: Partial<Retry>) => ({ spec: { retry: { ...DEFAULT_RETRY, ...change } } }) as const;
const always = { spec: { restart: { policy: "always", intervalMs: 60_000 } } } as const;
const REQUEUED = { stop: aStop({ reason: "Requeue" }) };
const SHUT_DOWN = { stop: aStop({ reason: "Shutdown" }) };

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
    ["a stop that is to queue it again", exited(255), REQUEUED, "Requeued", "cancelled"],
    ["a stop with the supervisor that ended well", exited(0), SHUT_DOWN, "Shutdown", "cancelled"],
    ["an interruption by the machine", exited(0, true), { isStopping: true }, "Interrupted", "failed"],
    ["an interruption that looks like an error", exited(1, true), {}, "Interrupted", "failed"],
  ] as const)("for %s, which is queued again at once", (_what, ending, more, reason, attempt) => {
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

  test("for interruptions, which are delayed longer each time and end the task at the tenth in a row", () => {
    let task = aTask();
    const waits: unknown[] = [];
    while (task.status.state === "queued") {
      task = after(task, exited(143, true));
      if (task.status.state === "queued") waits.push(lastEnded(task).finishedAt, task.status.retryAt);
    }
    expect(waits.filter((_, index) => index % 2 === 1)).toEqual([
      undefined,
      ...[1, 2, 4, 8, 16, 32, 64, 128].map((seconds) => at(5_000 + seconds * 1_000)),
    ]);
    expect(task.status).toMatchObject({
      state: "failed",
      reason: "Exhausted",
      consecutiveFailures: 0,
      attempt: 10,
    });
    expect(task.status).toHaveProperty("message", expect.stringContaining("10 times in a row"));
  });

  test("for a hundred interruptions by as many reboots", () => {
    let task = aTask();
    for (let count = 0; count < 100; count += 1) {
      task = after(task, exited(143, true));
      // All of this boot are of an earlier one by the next interruption.
      const attempts = task.status.attempts.map((one) => ({ ...one, hostBootId: "before" }));
      task = { ...task, status: { ...task.status, attempts } };
    }
    expect(task.status).toMatchObject({ state: "queued", consecutiveFailures: 0, attempt: 100 });
    expect(task.status).not.toContainKey("retryAt");
  });
});

describe("settled() after a loss", () => {
  test("queues the task again three times, by a counter of its own, and then moves it to dead-letter", () => {
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
    ["it must not start twice, not even after an interruption", { onOrphan: "never" }, exited(1, true)],
    ["no loss is allowed, nor an interruption", { maxOrphans: 0 }, exited(1, true)],
  ] as const)("moves it to dead-letter at once where %s", (_what, retry, ending) => {
    const task = after(aTask(retryOf(retry)), ending);
    expect(task.status).toMatchObject({ state: "failed", reason: "OrphanLimit", attempt: 1 });
  });
});

describe("released()", () => {
  const failure = failureOf("STALE_WORKER", "never-started", "the supervisor was gone");

  test("closes an attempt that never started, and counts nothing", () => {
    const claimed = asClaimed(after(aTask(), LOST));
    const task = requeueUnstarted(claimed, failure, { nowMs: NOW_MS + 9, waitMs: 0 });
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

  test("delays the task where its start could not be recorded, and its gate is closed as long", () => {
    const task = requeueUnstarted(asClaimed(aTask()), failure, { nowMs: NOW_MS, waitMs: 2_000 });
    expect(task.status).toMatchObject({ state: "queued", reason: "Orphaned", retryAt: at(2_000) });
    expect(gateOf(task, surroundings())).toEqual({ type: "backoff", untilMs: NOW_MS + 2_000 });
    expect(gateOf(task, surroundings({ nowMs: NOW_MS + 2_000 }))).toEqual({ type: "open" });
  });

  test("queues a task again that must not start twice, as it has not started", () => {
    expect(
      requeueUnstarted(asClaimed(aTask(retryOf({ onOrphan: "never", maxOrphans: 0 }))), failure, {
        nowMs: NOW_MS,
        waitMs: 0,
      }).status.state,
    ).toBe("queued");
  });

  test("throws for a task without an open attempt", () => {
    expect(() => requeueUnstarted(aTask(), failure, { nowMs: NOW_MS, waitMs: 0 })).toThrow("no open attempt");
  });
});

describe("cutShort()", () => {
  test("delays a task longer each time, and moves it to dead-letter where no supervisor survives its start", () => {
    let task: Task = aTask();
    const waits: number[] = [];
    for (let nowMs = NOW_MS; task.status.state === "queued"; nowMs += 3_600_000) {
      task = requeueCutShort(asClaimed(task), nowMs);
      if (task.status.state === "queued") waits.push(Date.parse(task.status.retryAt ?? "") - nowMs);
    }
    expect(waits).toEqual([5_000, 30_000, 180_000, 1_080_000]);
    expect(task.status).toMatchObject({
      state: "failed",
      reason: "OrphanLimit",
      consecutiveFailures: 0,
      orphanCount: 0,
    });
  });

  test("counts only consecutive ones", () => {
    const once = requeueCutShort(asClaimed(aTask()), NOW_MS);
    const between = after(once, LOST);
    const again = requeueCutShort(asClaimed(between), NOW_MS);
    expect(again.status).toMatchObject({ retryAt: new Date(NOW_MS + 5_000).toISOString() });
  });
});
