import { describe, expect, test } from "bun:test";
import { failureOfAttempt } from "../../src/model/attempt.ts";
import { check } from "../../src/model/check.ts";
import { STATES } from "../../src/model/state.ts";
import { openAttempt, QUEUED_REASONS, task } from "../../src/model/task.ts";
import { anyTask } from "../rig/arbitraries.ts";
import { fc } from "../rig/fast-check.ts";
import { after, asRunning, aTask, at, killedBy, lastEnded, taskIn } from "../rig/tasks.ts";

const failed = taskIn("failed");
const statusOf = (change: object): unknown => ({ ...failed, status: { ...failed.status, ...change } });
const attemptOf = (change: object): unknown => statusOf({ attempts: [{ ...lastEnded(failed), ...change }] });

describe("task", () => {
  test("accepts every generated task, and loses nothing of it", () => {
    fc.assert(
      fc.property(anyTask, (made) => {
        const checked = check(task, made);
        expect(checked.ok ? checked.value : checked.error).toEqual(made);
      }),
    );
  });

  test.each(STATES)("takes a task that is %s", (state) => {
    expect(check(task, taskIn(state)).ok).toBeTrue();
  });

  test.each([
    ["a state that there is not", statusOf({ state: "paused" })],
    [
      "the other spelling",
      { ...taskIn("cancelled"), status: { ...taskIn("cancelled").status, state: "canceled" } },
    ],
    ["a reason of another state", statusOf({ reason: "Backoff" })],
    ["an end without its time", statusOf({ endedAt: undefined })],
    ["a wait on what has ended", statusOf({ retryAt: at() })],
    ["a counter below zero", statusOf({ attempt: -1 })],
    ["half an attempt", statusOf({ attempt: 1.5 })],
    ["a time without its zone", statusOf({ endedAt: "2026-01-02T03:04:05" })],
    ["an exit code that is absent, not null", attemptOf({ exitCode: undefined })],
    [
      "an attempt of an unknown code",
      attemptOf({ failure: { class: "code", code: "AGENT_ERROR", rule: "r", error: "e" } }),
    ],
    ["a failure without its reason", attemptOf({ failure: undefined })],
    ["an attempt 0", attemptOf({ number: 0 })],
    ["an id that is a path", { ...failed, metadata: { ...failed.metadata, id: "../000001-train" } }],
    ["a source that there is not yet", { ...failed, metadata: { ...failed.metadata, source: "api" } }],
    ["a key of a later version", { ...failed, spec: { ...failed.spec, runner: "docker" } }],
    ["a label that is no text", { ...failed, metadata: { ...failed.metadata, labels: { a: 1 } } }],
  ])("refuses %s", (_what, wrong) => {
    expect(check(task, wrong).ok).toBeFalse();
  });

  test("stores only reasons that are facts", () => {
    const computed = ["Ready", "Scheduled", "SlotBusy", "Resources", "Dependency", "Held"];
    expect(QUEUED_REASONS.filter((reason) => computed.includes(reason))).toEqual([]);
  });
});

describe("openAttempt()", () => {
  test.each(STATES)("of a task that is %s", (state) => {
    const isOpen = ["preparing", "running", "serving", "stopping", "collecting", "orphaned"].includes(state);
    expect(openAttempt(taskIn(state)) !== null).toBe(isOpen);
  });
});

test("failureOfAttempt() is null for an attempt that did not fail or is open", () => {
  expect(failureOfAttempt(lastEnded(failed))?.code).toBe("EXIT_NONZERO");
  expect(failureOfAttempt(lastEnded(taskIn("completed")))).toBeNull();
  expect(failureOfAttempt(lastEnded(taskIn("cancelled")))).toBeNull();
  expect(asRunning(after(aTask(), killedBy("SIGKILL"))).status.attempts.map(failureOfAttempt)).toEqual([
    expect.objectContaining({ code: "KILLED" }),
    null,
  ]);
});
