import { describe, expect, test } from "bun:test";
import { classify, type Verdict } from "../../src/model/classify.ts";
import { type Ending, type Evidence, endingFromShell } from "../../src/model/evidence.ts";
import { aStop, exited, killedBy, LOST } from "../rig/tasks.ts";

function judge(ending: Ending, more: Partial<Evidence> = {}, failOnNonZero = true): Verdict {
  return classify({ ending, stop: null, oomKilled: false, logTail: "", ...more }, failOnNonZero);
}

/** `GPU_OOM log:gpu-oom`, or the verdict where it is no failure. */
function told(verdict: Verdict): string {
  return "failure" in verdict
    ? `${verdict.type} ${verdict.failure.code} ${verdict.failure.rule}`
    : verdict.type;
}

const shell = (status: number): Ending => endingFromShell(status, false);
const notStarted = (code: "INVALID_SPEC" | "RUNTIME_ERROR"): Ending => ({
  type: "notStarted",
  code,
  error: "no such file",
});
const CUDA_OOM = "torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB.";
const SHM =
  "ERROR: Unexpected bus error encountered in worker. This might be caused by insufficient shared memory (shm).";

describe("classify() by the end alone", () => {
  test.each([
    ["exit 0", "completed", shell(0)],
    ["exit 1", "failed EXIT_NONZERO exit:nonzero", shell(1)],
    ["exit 3", "failed EXIT_NONZERO exit:nonzero", shell(3)],
    ["exit 255", "failed EXIT_NONZERO exit:nonzero", shell(255)],
    ["exit 64 (EX_USAGE)", "failed INVALID_SPEC exit:64", shell(64)],
    ["exit 66 (EX_NOINPUT)", "failed DATA_UNREACHABLE exit:66", shell(66)],
    ["exit 69 (EX_UNAVAILABLE)", "failed NETWORK exit:69", shell(69)],
    ["exit 75 (EX_TEMPFAIL)", "failed NETWORK exit:75", shell(75)],
    ["exit 77 (EX_NOPERM)", "failed AUTH_FAILED exit:77", shell(77)],
    ["exit 124 (timeout)", "failed TIMEOUT exit:124", shell(124)],
    ["exit 125 (docker run)", "failed RUNTIME_ERROR exit:125", shell(125)],
    ["exit 126 (not executable)", "failed INVALID_SPEC exit:126", shell(126)],
    ["exit 127 (not found)", "failed INVALID_SPEC exit:127", shell(127)],
    ["exit 137", "failed KILLED signal:SIGKILL", shell(137)],
    ["exit 143", "failed KILLED signal:SIGTERM", shell(143)],
    ["exit 129", "failed KILLED signal:SIGHUP", shell(129)],
    ["exit 130", "failed KILLED signal:SIGINT", shell(130)],
    ["exit 139", "failed EXIT_NONZERO signal:SIGSEGV", shell(139)],
    ["exit 134", "failed EXIT_NONZERO signal:SIGABRT", shell(134)],
    ["exit 132", "failed EXIT_NONZERO signal:SIGILL", shell(132)],
    ["exit 136", "failed EXIT_NONZERO signal:SIGFPE", shell(136)],
    ["exit 135", "failed EXIT_NONZERO signal:SIGBUS", shell(135)],
    ["exit 192", "failed EXIT_NONZERO signal:SIGRTMIN+30", shell(192)],
    ["SIGXCPU", "failed TIMEOUT signal:SIGXCPU", killedBy("SIGXCPU")],
    ["SIGXFSZ", "failed DISK_FULL signal:SIGXFSZ", killedBy("SIGXFSZ")],
    ["a command that is not there", "failed INVALID_SPEC spawn", notStarted("INVALID_SPEC")],
    ["a machine out of processes", "failed RUNTIME_ERROR spawn", notStarted("RUNTIME_ERROR")],
    ["a process that is gone", "orphaned STALE_WORKER process-gone", LOST],
    ["a recording parent that was killed", "failed KILLED signal", { ...LOST, signal: "SIGKILL" }],
    ["TERM from outside and exit 0", "interrupted INTERRUPTED term-from-outside", exited(0, true)],
    [
      "TERM from outside and exit 143",
      "interrupted INTERRUPTED term-from-outside",
      endingFromShell(143, true),
    ],
  ] as const)("takes %s for `%s`", (_what, verdict, ending) => {
    expect(told(judge(ending))).toBe(verdict);
  });

  const nothing: Ending = { ...exited(0), exitCode: null } as Ending;

  test("calls an end without exit code and signal unknown, and no success of any kind", () => {
    expect(told(judge(nothing))).toBe("failed UNKNOWN no-evidence");
    expect(told(judge(nothing, {}, false))).toBe("failed UNKNOWN no-evidence");
    expect(told(judge(nothing, { logTail: CUDA_OOM }))).toBe("failed GPU_OOM log:gpu-oom");
  });
});

describe("classify() without failOnNonZero", () => {
  test.each([
    ["exit 3", "completed", shell(3)],
    ["exit 64", "completed", shell(64)],
    ["exit 127", "completed", shell(127)],
    ["exit 137", "failed KILLED signal:SIGKILL", shell(137)],
    ["a command that is not there", "failed INVALID_SPEC spawn", notStarted("INVALID_SPEC")],
    ["a process that is gone", "orphaned STALE_WORKER process-gone", LOST],
    ["TERM from outside", "interrupted INTERRUPTED term-from-outside", exited(3, true)],
  ] as const)("takes %s for `%s`", (_what, verdict, ending) => {
    expect(told(judge(ending, { logTail: CUDA_OOM }, false))).toBe(verdict);
  });

  test("still sees a kill for memory", () => {
    expect(told(judge(shell(1), { oomKilled: true }, false))).toBe("failed OOM_KILLED cgroup:oom-kill");
  });
});

describe("classify() weighs the evidence in its order", () => {
  /** Each row has all the evidence of the rows below it too. */
  const stop = aStop({ reason: "Timeout" });
  const sawTerm = { ...endingFromShell(137, true) };
  const ladder: readonly (readonly [string, Verdict])[] = [
    ["timeout TIMEOUT deadline", judge(sawTerm, { stop, oomKilled: true, logTail: CUDA_OOM })],
    ["interrupted INTERRUPTED term-from-outside", judge(sawTerm, { oomKilled: true, logTail: CUDA_OOM })],
    ["failed OOM_KILLED cgroup:oom-kill", judge(shell(137), { oomKilled: true, logTail: CUDA_OOM })],
    ["failed KILLED signal:SIGKILL", judge(shell(137), { logTail: CUDA_OOM })],
    ["failed TIMEOUT exit:124", judge(shell(124), { logTail: CUDA_OOM })],
    ["failed GPU_OOM log:gpu-oom", judge(shell(1), { logTail: CUDA_OOM })],
    ["failed EXIT_NONZERO exit:nonzero", judge(shell(1))],
  ];

  test.each(ladder)("%s", (verdict, found) => {
    expect(told(found)).toBe(verdict);
  });

  test("takes exit 0 for success, whatever the log says and whoever was killed for memory on the way", () => {
    expect(told(judge(exited(0), { oomKilled: true, logTail: CUDA_OOM }))).toBe("completed");
  });

  test.each([
    ["User", "cancelled"],
    ["Shutdown", "shutdown"],
    ["Timeout", "timeout TIMEOUT deadline"],
  ] as const)("takes its own wish to stop (%s) for the cause of any end", (reason, verdict) => {
    const ends = [exited(0), exited(0, true), shell(137), LOST, notStarted("RUNTIME_ERROR")];
    expect(ends.map((ending) => told(judge(ending, { stop: aStop({ reason }), oomKilled: true })))).toEqual(
      ends.map(() => verdict),
    );
  });

  test("reads a bus error as a full /dev/shm only where the log speaks of it", () => {
    expect(told(judge(killedBy("SIGBUS"), { logTail: SHM }))).toBe("failed DISK_FULL signal:SIGBUS");
    expect(told(judge(killedBy("SIGSEGV"), { logTail: SHM }))).toBe("failed EXIT_NONZERO signal:SIGSEGV");
  });
});

describe("classify() says what happened", () => {
  const errorOf = (verdict: Verdict): string => ("failure" in verdict ? verdict.failure.error : "");

  test.each([
    ["exited with code 3", judge(exited(3))],
    ["killed by SIGSEGV", judge(killedBy("SIGSEGV"))],
    ["no such file", judge(notStarted("INVALID_SPEC"))],
    ["the process is gone and left no result", judge(LOST)],
  ])("%s", (error, verdict) => {
    expect(errorOf(verdict)).toBe(error);
  });

  test("quotes the last line of the log that decided, cut to a readable length", () => {
    const tail = `CUDA out of memory (first)\n  ${CUDA_OOM}  \nbye\n`;
    expect(errorOf(judge(exited(1), { logTail: tail }))).toBe(
      `exited with code 1; the log says: ${CUDA_OOM}`,
    );
    const long = errorOf(judge(exited(1), { logTail: `CUDA out of memory ${"x".repeat(5_000)}` }));
    expect(long.length).toBeLessThan(300);
    expect(long).toEndWith("x…");
  });

  test("names who cancelled", () => {
    expect(judge(exited(0), { stop: aStop({ actor: "grace" }) })).toEqual({
      type: "cancelled",
      note: "cancelled by grace",
    });
  });
});
