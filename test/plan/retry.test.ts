import { describe, expect, test } from "bun:test";
import { FAILURE_CODES, type FailureCode, failureEntry, failureOf } from "../../src/model/failure.ts";
import { DEFAULT_RETRY, type Restart, type Retry } from "../../src/model/retry.ts";
import type { Task } from "../../src/model/task.ts";
import { decideRetry, type RetryDecision } from "../../src/plan/retry.ts";
import { anySpec } from "../rig/arbitraries.ts";
import { fc } from "../rig/fast-check.ts";
import { asRunning, aTask } from "../rig/tasks.ts";

interface Case {
  readonly restart?: Restart;
  readonly retry?: Partial<Retry>;
  readonly failures?: number;
  readonly exitCode?: number | null;
  readonly rule?: string;
}

function decide(
  code: FailureCode,
  { restart, retry, failures = 1, exitCode = 1, rule = "r" }: Case = {},
): RetryDecision {
  const task = asRunning(
    aTask({ spec: { ...(restart && { restart }), retry: { ...DEFAULT_RETRY, ...retry } } }),
  );
  const end = { failure: failureOf(code, rule, "e"), exitCode, consecutiveFailures: failures, logTail: "" };
  return decideRetry(task, end, () => 0.5);
}

/** `retry`, or the reason for the dead-letter folder. */
const told = (decision: RetryDecision): string => (decision.retry ? "retry" : decision.reason);
const NEVER: Restart = { policy: "never" };
const ALWAYS: Restart = { policy: "always", intervalMs: 60_000 };
const retriedWith = (retry: Partial<Retry>, exitCode = 1): FailureCode[] =>
  FAILURE_CODES.filter((code) => decide(code, { retry, exitCode }).retry);

describe("decideRetry() by restart policy", () => {
  test.each([
    ["never", NEVER, "KILLED", 1, "NonRetryable"],
    ["never", NEVER, "EXIT_NONZERO", 1, "NonRetryable"],
    ["never", NEVER, "TIMEOUT", 1, "Timeout"],
    ["never", NEVER, "INVALID_SPEC", 1, "InvalidSpec"],
    ["onFailure", { policy: "onFailure" }, "KILLED", 1, "retry"],
    ["onFailure", { policy: "onFailure" }, "KILLED", 3, "retry"],
    ["onFailure", { policy: "onFailure" }, "KILLED", 4, "Exhausted"],
    ["onFailure", { policy: "onFailure" }, "EXIT_NONZERO", 1, "NonRetryable"],
    ["onFailure", { policy: "onFailure" }, "TIMEOUT", 1, "Timeout"],
    ["onFailure", { policy: "onFailure" }, "INVALID_SPEC", 1, "InvalidSpec"],
    ["always", ALWAYS, "KILLED", 1, "retry"],
    ["always", ALWAYS, "KILLED", 4, "Exhausted"],
    ["always", ALWAYS, "EXIT_NONZERO", 1, "NonRetryable"],
  ] as const)("with %s and %p, %s for the %d. time is %s", (_policy, restart, code, failures, decision) => {
    expect(told(decide(code, { restart, failures }))).toBe(decision);
  });

  test("never means never, whatever else the task asks for", () => {
    const retry: Partial<Retry> = { scope: "any", maxAttempts: 0, on: ["KILLED"], onTimeout: true };
    expect(FAILURE_CODES.filter((code) => decide(code, { restart: NEVER, retry }).retry)).toEqual([]);
  });
});

describe("decideRetry() by failure code", () => {
  test("retries by default what the failure table marks", () => {
    const marked = FAILURE_CODES.filter((code) => failureEntry(code).retry !== "no");
    expect(marked).not.toContain("EXIT_NONZERO");
    expect(retriedWith({})).toEqual(marked);
  });

  test("retries everything but permanent failures where retries are asked for", () => {
    const hopeless: FailureCode[] = ["DATA_MISMATCH", "INVALID_SPEC", "AUTH_FAILED"];
    expect(retriedWith({ scope: "any" })).toEqual(FAILURE_CODES.filter((code) => !hopeless.includes(code)));
  });

  test.each([
    ["a class", { on: ["data"] }, 1, ["DATA_MISMATCH", "DATA_UNREACHABLE"]],
    ["codes", { on: ["AUTH_FAILED", "TIMEOUT"] }, 1, ["TIMEOUT", "AUTH_FAILED"]],
    ["nothing", { on: [] }, 1, []],
    ["nothing, where retries of all were asked for", { on: [], scope: "any" }, 1, []],
    ["an exit code", { onExit: [3, 42] }, 42, FAILURE_CODES],
    ["an exit code that it is not", { onExit: [3, 42], scope: "any" }, 1, []],
    ["an exit code or a class", { onExit: [42], on: ["unknown"] }, 1, ["UNKNOWN"]],
    ["a class, but for a code", { on: ["data"], never: ["DATA_MISMATCH"] }, 1, ["DATA_UNREACHABLE"]],
    [
      "an exit code, but for a class",
      { onExit: [1], never: ["infrastructure", "resource", "code", "unknown"] },
      1,
      ["DATA_MISMATCH", "DATA_UNREACHABLE"],
    ],
  ] satisfies [string, Partial<Retry>, number, FailureCode[]][])(
    "retries exactly what the task names: %s",
    (_what, retry, exitCode, codes) => {
      expect(retriedWith(retry, exitCode)).toEqual(codes);
    },
  );

  test("does not treat a signal as an exit code", () => {
    expect(decide("KILLED", { retry: { onExit: [137] }, exitCode: null }).retry).toBeFalse();
  });

  test("never retries what the task forbids", () => {
    expect(retriedWith({ scope: "any", never: ["infrastructure", "resource", "code"] })).toEqual([
      "DATA_UNREACHABLE",
      "UNKNOWN",
    ]);
  });

  test.each([
    ["TIMEOUT", { onTimeout: true }, true],
    ["TIMEOUT", { onTimeout: false, scope: "any" }, false],
    ["TIMEOUT", { onTimeout: true, never: ["TIMEOUT"] }, false],
    ["EXIT_NONZERO", { onCode: true }, true],
    ["EXIT_NONZERO", { onCode: false, scope: "any" }, false],
    ["MODULE_NOT_FOUND", { onCode: true }, true],
    ["AUTH_FAILED", { onCode: true }, false],
  ] satisfies [FailureCode, Partial<Retry>, boolean][])("%s with %j is %p", (code, retry, isRetried) => {
    expect(decide(code, { retry }).retry).toBe(isRetried);
  });

  test("does not retry a job that met its file size limit", () => {
    expect(decide("DISK_FULL", { rule: "signal:SIGXFSZ" }).retry).toBeFalse();
    expect(decide("DISK_FULL", { rule: "signal:SIGXFSZ", retry: { scope: "any" } }).retry).toBeFalse();
    expect(decide("DISK_FULL", { rule: "log:disk-full" }).retry).toBeTrue();
  });

  test("retries an OOM kill where the task asks for it", () => {
    expect(decide("OOM_KILLED").retry).toBeFalse();
    expect(
      decide("OOM_KILLED", { retry: { perClass: { OOM_KILLED: { maxAttempts: 2 } } } }).retry,
    ).toBeTrue();
    expect(
      decide("AUTH_FAILED", { retry: { perClass: { AUTH_FAILED: { maxAttempts: 2 } } } }).retry,
    ).toBeFalse();
  });
});

describe("decideRetry() by budget", () => {
  test.each([
    [1, 1, "Exhausted"],
    [2, 1, "retry"],
    [2, 2, "Exhausted"],
    [4, 3, "retry"],
    [0, 1, "retry"],
    [0, 100_000, "retry"],
  ])("with %d attempts the %d. failure is %s", (maxAttempts, failures, decision) => {
    expect(told(decide("KILLED", { retry: { maxAttempts }, failures }))).toBe(decision);
  });

  test("names the number of failures and the limit", () => {
    const decision = decide("KILLED", { failures: 4 });
    expect(decision).toEqual({
      retry: false,
      reason: "Exhausted",
      message: "failed 4 times in a row (limit 4)",
    });
  });

  test("gives up finally with every policy that has a limit", () => {
    fc.assert(
      fc.property(anySpec, fc.constantFrom(...FAILURE_CODES), (spec, code) => {
        fc.pre(spec.retry.maxAttempts > 0);
        const task: Task = asRunning(aTask({ spec }));
        const end = {
          failure: failureOf(code, "r", "e"),
          exitCode: 1,
          consecutiveFailures: spec.retry.maxAttempts,
          logTail: "",
        };
        expect(decideRetry(task, end, () => 0.5).retry).toBeFalse();
      }),
    );
  });
});
