import { describe, expect, test } from "bun:test";
import { classify, type Verdict } from "../../src/model/classify.ts";
import type { FailHint } from "../../src/model/event.ts";
import type { Ending, Evidence } from "../../src/model/evidence.ts";
import { DEFAULT_RETRY, type Retry } from "../../src/model/retry.ts";
import { decideRetry, type RetryDecision } from "../../src/plan/retry.ts";
import { aStop, asRunning, aTask, exited, killedBy } from "../rig/tasks.ts";

const HINT: FailHint = { code: "NETWORK", msg: "no answer from host a" };

function judge(ending: Ending, more: Partial<Evidence> = {}, failOnNonZero = true): Verdict {
  const evidence = { ending, stop: null, oomKilled: false, logTail: "", hint: HINT, ...more };
  return classify(evidence, failOnNonZero);
}

function told(verdict: Verdict): string {
  return "failure" in verdict ? `${verdict.failure.code} ${verdict.failure.rule}` : verdict.type;
}

describe("classify() with the word of the job", () => {
  test.each<[string, string, Verdict]>([
    ["is a success where it succeeds", "completed", judge(exited(0))],
    ["is a success where its exit code does not count", "completed", judge(exited(3), {}, false)],
    ["fails as it says", "NETWORK event:FAIL", judge(exited(1))],
    ["fails as it says, over the exit code and the log", "NETWORK event:FAIL", judge(exited(66))],
    ["fails as it says after its own fault", "NETWORK event:FAIL", judge(killedBy("SIGSEGV"))],
    ["does not know what others did to it", "KILLED signal:SIGKILL", judge(killedBy("SIGKILL"))],
    [
      "does not know of the kernel's kill",
      "OOM_KILLED cgroup:oom-kill",
      judge(exited(1), { oomKilled: true }),
    ],
    ["does not overrule a cancel", "cancelled", judge(exited(1), { stop: aStop() })],
    ["does not overrule a TERM from outside", "INTERRUPTED term-from-outside", judge(exited(1, true))],
    [
      "has no code that is for stint to find",
      "EXIT_NONZERO event:FAIL",
      judge(exited(1), { hint: { code: "INTERRUPTED", msg: "" } }),
    ],
  ])("%s", (_, wanted, verdict) => {
    expect(told(verdict)).toBe(wanted);
  });

  test("quotes the job, with a code of its own, and takes the class that it names", () => {
    const hint: FailHint = { code: "BAD_BATCH", class: "data", msg: "batch 7" };
    expect(judge(exited(4), { hint })).toEqual({
      type: "failed",
      failure: {
        class: "data",
        code: "EXIT_NONZERO",
        rule: "event:FAIL",
        error: "exited with code 4; the job says: BAD_BATCH: batch 7",
      },
    });
  });
});

describe("decideRetry() with the word of the job", () => {
  function decide(hint: FailHint, retry: Partial<Retry> = {}, failures = 1): RetryDecision {
    const verdict = judge(exited(1), { hint });
    if (!("failure" in verdict)) throw new Error("no failure");
    const task = asRunning(aTask({ spec: { retry: { ...DEFAULT_RETRY, ...retry } } }));
    const end = { failure: verdict.failure, exitCode: 1, consecutiveFailures: failures, logTail: "", hint };
    return decideRetry(task, end, () => 0.5);
  }

  test.each<[string, boolean, FailHint, Partial<Retry>, number]>([
    ["retries what the job wants retried", true, { code: "X", retryable: true, msg: "" }, {}, 1],
    ["does not retry what it does not", false, { code: "NETWORK", retryable: false, msg: "" }, {}, 1],
    ["retries a code of the job's own by its class", true, { class: "infrastructure", msg: "" }, {}, 1],
    ["never retries what is final", false, { code: "AUTH_FAILED", retryable: true, msg: "" }, {}, 1],
    ["keeps to what the task forbids", false, { retryable: true, msg: "" }, { never: ["code"] }, 1],
    ["keeps to the budget", false, { retryable: true, msg: "" }, {}, 4],
  ])("%s", (_, isRetried, hint, retry, failures) => {
    expect(decide(hint, retry, failures).retry).toBe(isRetried);
  });

  test("waits as long as the job asks, at most six hours", () => {
    expect(decide({ retryable: true, retryAfterMs: 250, msg: "" })).toMatchObject({ delayMs: 250 });
    expect(decide({ retryable: true, retryAfterMs: 1e12, msg: "" })).toMatchObject({ delayMs: 21_600_000 });
  });
});
