import { describe, expect, test } from "bun:test";
import type { Ending } from "../../src/model/evidence.ts";
import { failureText, whyFailed } from "../../src/model/failure-text.ts";
import type { Task } from "../../src/model/task.ts";
import type { End } from "../../src/plan/finish-attempt.ts";
import { after, aStop, aTask, at, exited, killedBy, LOST, lastEnded } from "../rig/tasks.ts";

const TRACEBACK = `epoch 1/3
Traceback (most recent call last):
  File "train.py", line 7, in <module>
    main(x)
ValueError: x must be positive
`;
const POLICY = { restart: { policy: "never", intervalMs: 0 } } as const;

/** How an attempt is told that ended so. */
function told(ending: Ending, end: Partial<End> = {}, timeoutMs?: number): string {
  const task = aTask({ spec: { ...POLICY, ...(timeoutMs !== undefined && { timeoutMs }) } });
  return failureText(lastEnded(after(task, ending, end)), timeoutMs) ?? "nothing";
}

test.each([
  ["NotReady", "SIGTERM", "not ready within 3m: it was not asked yet"],
  ["Unhealthy", "SIGTERM", "not well 3 times in a row: refused"],
  ["Ttl", "SIGKILL", "was stopped, as its ttl was over, did not end within its grace, and was killed"],
] as const)(
  "failureText() of a service that was stopped (%s) says why, and not by which signal",
  (reason, signal, said) => {
    expect(told(killedBy(signal), { stop: aStop({ reason, said }) })).toBe(said);
  },
);

describe("failureText() says in one line", () => {
  test.each<[string, string, Ending, Partial<End>]>([
    [
      "the exception",
      "exit 1: ValueError: x must be positive",
      exited(1),
      { logTail: TRACEBACK, logBytes: 99 },
    ],
    [
      "the line that a rule has matched, and what was found out about it",
      "exit 1: ModuleNotFoundError: No module named 'torch'; it ran with /usr/bin/python3",
      exited(1),
      {
        logTail: "ModuleNotFoundError: No module named 'torch'\n",
        python: "it ran with /usr/bin/python3",
      },
    ],
    [
      "how the log ends without an error",
      'exit 3: the log ends with "wrote 2 of 5"',
      exited(3),
      { logTail: "wrote 2 of 5\n\n" },
    ],
    ["that nothing was written", "exit 3: no output", exited(3), {}],
    ["what an agreed exit code means", "exit 69: a network service could not be reached", exited(69), {}],
    ["the signal that an exit code stands for", "exit 130: as after signal 2 (SIGINT)", exited(130), {}],
    [
      "the signal that a shell has told of",
      "exit 137: one of its commands was killed by signal 9 (SIGKILL)",
      exited(137),
      { logTail: "Killed\n" },
    ],
    [
      "which outputs are wrong, whatever the log ends with",
      "exit 0: its output acc is missing",
      exited(0),
      {
        logTail: "Error: one of ten is not loaded, and that is fine\n",
        outputsFault: { rule: "missing", error: "its output acc is missing" },
      },
    ],
    ["a signal by number and name", "signal 11 (SIGSEGV)", killedBy("SIGSEGV"), { logTail: TRACEBACK }],
    [
      "what a program printed before it aborted",
      "signal 6 (SIGABRT): Fatal Python error: boom",
      killedBy("SIGABRT"),
      { logTail: "Fatal Python error: boom\n" },
    ],
    [
      "memory",
      "killed: out of memory (peak 15.9 GiB)",
      killedBy("SIGKILL"),
      { oomKilled: true, peakMemoryBytes: 15.9 * 2 ** 30 },
    ],
    ["memory of unknown size", "killed: out of memory", killedBy("SIGKILL"), { oomKilled: true }],
    [
      "what could not be started",
      'Cannot start "x": it is not there',
      { type: "notStarted", code: "INVALID_SPEC", error: 'Cannot start "x": it is not there' },
      {},
    ],
    ["a process that is gone", LOST.note, LOST, {}],
    ["a TERM from outside", "stopped by SIGTERM from outside stint", exited(143, true), {}],
    ["nothing of a success", "nothing", exited(0), { logTail: TRACEBACK }],
  ])("%s", (_what, expected, ending, end) => {
    expect(told(ending, end)).toBe(expected);
  });

  test("a timeout as it was set, where the attempt ran that long without its pauses", () => {
    const stop = aStop({ reason: "Timeout" });
    expect(told(killedBy("SIGTERM"), { stop }, 4_000)).toBe("timed out after 4s");
    expect(told(killedBy("SIGTERM"), { stop }, 3_600_000)).toBe("timed out after 5s");
    expect(told(killedBy("SIGTERM"), { stop })).toBe("timed out after 5s");
  });
});

describe("whyFailed()", () => {
  const failed = after(aTask({ spec: POLICY }), exited(1), { logTail: TRACEBACK });
  const withReason = (reason: "QueueTtl" | "Exhausted", task: Task): string =>
    whyFailed({ ...task, status: { ...task.status, state: "failed", reason, endedAt: at(9), message: "m" } });

  test("tells of the last attempt", () => {
    expect(withReason("Exhausted", failed)).toBe("exit 1: ValueError: x must be positive");
  });

  test("tells the message where no attempt was the cause", () => {
    expect(withReason("QueueTtl", failed)).toBe("m");
    expect(withReason("Exhausted", aTask())).toBe("m");
  });
});
