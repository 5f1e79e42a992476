import { describe, expect, test } from "bun:test";
import { project } from "../../src/model/projection.ts";
import { FAILED_REASONS } from "../../src/model/task.ts";
import { after, aStop, asRunning, aTask, at, exited, killedBy, LOST, taskIn } from "../rig/tasks.ts";

describe("project()", () => {
  test.each([
    ["queued", "Pending", "PENDING"],
    ["preparing", "Running", "ASSIGNED"],
    ["running", "Running", "RUNNING"],
    ["serving", "Running", "RUNNING"],
    ["stopping", "Running", "RUNNING"],
    ["collecting", "Running", "RUNNING"],
    ["orphaned", "Running", "ASSIGNED"],
    ["completed", "Succeeded", "COMPLETED"],
    ["failed", "Failed", "FAILED"],
    ["cancelled", "Canceled", "CANCELLED"],
  ] as const)("shows %s as %s and %s", (state, phase, runState) => {
    expect(project(taskIn(state))).toMatchObject({ phase, runState });
  });

  test.each([
    ["NonRetryable", "Failed"],
    ["Exhausted", "Exhausted"],
    ["Timeout", "Timeout"],
    ["InvalidSpec", "Failed"],
    ["OrphanLimit", "Exhausted"],
    ["QueueTtl", "Failed"],
  ] as const)("shows a failure for reason %s as %s", (reason, phase) => {
    const failed = taskIn("failed");
    const status = { ...failed.status, state: "failed", reason, endedAt: at(9), message: "" } as const;
    expect(project({ ...failed, status }).phase).toBe(phase);
    expect(project({ ...failed, status }).deadLetter).toEqual({ reason, at: at(9) });
  });

  test("knows every reason", () => {
    expect(FAILED_REASONS).toEqual([
      "NonRetryable",
      "Exhausted",
      "Timeout",
      "InvalidSpec",
      "OrphanLimit",
      "QueueTtl",
    ]);
  });

  const timesOut = { stop: aStop({ reason: "Timeout" }) };
  const attempts = (maxAttempts: number) =>
    ({ retry: { ...aTask().spec.retry, maxAttempts, scope: "any", onTimeout: true } }) as const;

  test("shows a timeout as such where no retries were configured, and as exhausted where they are spent", () => {
    const once = after(aTask({ spec: attempts(1) }), killedBy("SIGTERM"), timesOut);
    expect(once.status).toMatchObject({ state: "failed", reason: "Exhausted" });
    expect(project(once).phase).toBe("Timeout");
    const first = after(aTask({ spec: attempts(2) }), killedBy("SIGTERM"), timesOut);
    expect(project(after(first, killedBy("SIGTERM"), timesOut)).phase).toBe("Exhausted");
    const other = after(aTask({ spec: attempts(1) }), exited(1));
    expect(project(other).phase).toBe("Exhausted");
  });

  const nothing = { exitCode: null, signal: null, failureClass: null, errorCode: null, error: null };

  test.each([
    ["has not run", aTask(), nothing],
    ["runs for the second time", asRunning(after(aTask(), killedBy("SIGKILL"))), nothing],
    ["succeeded: exit code 0 is not none", taskIn("completed"), { ...nothing, exitCode: 0 }],
    [
      "failed",
      taskIn("failed"),
      {
        exitCode: 3,
        signal: null,
        failureClass: "code",
        errorCode: "EXIT_NONZERO",
        error: "exited with code 3",
      },
    ],
    [
      "was killed and waits",
      after(aTask(), killedBy("SIGKILL")),
      {
        exitCode: null,
        signal: "SIGKILL",
        failureClass: "infrastructure",
        errorCode: "KILLED",
        error: "killed by SIGKILL",
      },
    ],
    [
      "was lost",
      after(aTask(), LOST),
      {
        ...nothing,
        failureClass: "infrastructure",
        errorCode: "STALE_WORKER",
        error: "the process is gone and left no result",
      },
    ],
    ["was cancelled", taskIn("cancelled"), { ...nothing, signal: "SIGTERM" }],
  ])("shows the last end of a task that %s", (_what, task, shown) => {
    expect(project(task)).toMatchObject(shown);
  });

  test("shows a dead letter only where there is one", () => {
    expect(project(taskIn("completed"))).not.toContainKey("deadLetter");
    expect(project(taskIn("failed")).deadLetter).toEqual({ reason: "NonRetryable", at: at(5_000) });
  });
});
