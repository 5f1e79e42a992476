import { describe, expect, test } from "bun:test";
import { classify, type Verdict } from "../../src/model/classify.ts";
import type { Ending, Evidence } from "../../src/model/evidence.ts";
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
    ["exit 0", "completed", exited(0)],
    ["exit 1", "failed EXIT_NONZERO exit:nonzero", exited(1)],
    ["exit 3", "failed EXIT_NONZERO exit:nonzero", exited(3)],
    ["exit 255", "failed EXIT_NONZERO exit:nonzero", exited(255)],
    ["exit 66 (EX_NOINPUT)", "failed DATA_UNREACHABLE exit:66", exited(66)],
    ["exit 69 (EX_UNAVAILABLE)", "failed NETWORK exit:69", exited(69)],
    ["exit 75 (EX_TEMPFAIL)", "failed NETWORK exit:75", exited(75)],
    ["exit 124 (timeout)", "failed TIMEOUT exit:124", exited(124)],
    ["exit 64, which says nothing", "failed EXIT_NONZERO exit:nonzero", exited(64)],
    ["exit 77, which says nothing", "failed EXIT_NONZERO exit:nonzero", exited(77)],
    ["exit 125, which says nothing", "failed EXIT_NONZERO exit:nonzero", exited(125)],
    ["exit 126, which says nothing", "failed EXIT_NONZERO exit:nonzero", exited(126)],
    ["exit 127, which says nothing", "failed EXIT_NONZERO exit:nonzero", exited(127)],
    ["exit 129 (git's usage)", "failed EXIT_NONZERO exit:nonzero", exited(129)],
    ["exit 130", "failed EXIT_NONZERO exit:nonzero", exited(130)],
    ["exit 137", "failed EXIT_NONZERO exit:nonzero", exited(137)],
    ["exit 143", "failed EXIT_NONZERO exit:nonzero", exited(143)],
    ["SIGKILL", "failed KILLED signal:SIGKILL", killedBy("SIGKILL")],
    ["SIGTERM", "failed KILLED signal:SIGTERM", killedBy("SIGTERM")],
    ["SIGHUP", "failed KILLED signal:SIGHUP", killedBy("SIGHUP")],
    ["SIGINT", "failed KILLED signal:SIGINT", killedBy("SIGINT")],
    ["SIGSEGV", "failed EXIT_NONZERO signal:SIGSEGV", killedBy("SIGSEGV")],
    ["SIGABRT", "failed EXIT_NONZERO signal:SIGABRT", killedBy("SIGABRT")],
    ["SIGILL", "failed EXIT_NONZERO signal:SIGILL", killedBy("SIGILL")],
    ["SIGFPE", "failed EXIT_NONZERO signal:SIGFPE", killedBy("SIGFPE")],
    ["SIGBUS", "failed EXIT_NONZERO signal:SIGBUS", killedBy("SIGBUS")],
    ["a real-time signal", "failed EXIT_NONZERO signal:SIGRTMIN+30", killedBy("SIGRTMIN+30")],
    ["SIGXCPU", "failed TIMEOUT signal:SIGXCPU", killedBy("SIGXCPU")],
    ["SIGXFSZ", "failed DISK_FULL signal:SIGXFSZ", killedBy("SIGXFSZ")],
    ["a command that is not there", "failed INVALID_SPEC spawn", notStarted("INVALID_SPEC")],
    ["a machine out of processes", "failed RUNTIME_ERROR spawn", notStarted("RUNTIME_ERROR")],
    ["a process that is gone", "orphaned STALE_WORKER process-gone", LOST],
    ["a recording parent that was killed", "failed KILLED signal", { ...LOST, signal: "SIGKILL" }],
    ["TERM from outside and exit 0", "completed", exited(0, true)],
    ["TERM from outside and exit 143", "interrupted INTERRUPTED term-from-outside", exited(143, true)],
  ] as const)("takes %s for `%s`", (_what, verdict, ending) => {
    expect(told(judge(ending))).toBe(verdict);
  });

  test("takes exit 0 after a TERM for an interruption where the supervisor was told to end, too", () => {
    expect(told(judge(exited(0, true), { isStopping: true }))).toBe(
      "interrupted INTERRUPTED term-from-outside",
    );
    expect(told(judge(exited(0), { isStopping: true }))).toBe("completed");
  });

  const nothing: Ending = { ...exited(0), exitCode: null } as Ending;

  test("treats a signal the same however it was found", () => {
    const killed = killedBy("SIGKILL");
    expect(told(judge({ ...killed, signalInferred: false } as Ending))).toBe("failed KILLED signal:SIGKILL");
    expect(told(judge({ ...killed, signalInferred: true } as Ending))).toBe("failed KILLED signal:SIGKILL");
  });

  test.each([
    ["bash", 137, "s.sh: line 3:  1234 Killed                  python train.py", "KILLED shell:SIGKILL"],
    ["dash", 137, "Killed", "KILLED shell:SIGKILL"],
    ["a shell on macOS", 137, "s.sh: line 3:  1234 Killed: 9               python", "KILLED shell:SIGKILL"],
    ["zsh", 143, "zsh: terminated  python train.py", "KILLED shell:SIGTERM"],
    ["bash of TERM", 143, "s.sh: line 1: 77 Terminated              sleep 60", "KILLED shell:SIGTERM"],
    ["bash of HUP", 129, "s.sh: line 1: 77 Hangup                  sleep 60", "KILLED shell:SIGHUP"],
    ["dash of a crash", 139, "Segmentation fault (core dumped)", "EXIT_NONZERO shell:SIGSEGV"],
    ["bash of abort(3)", 134, "s.sh: line 2: 9 Aborted   (core dumped) ./x", "EXIT_NONZERO shell:SIGABRT"],
    ["bash, of a full /dev/shm", 135, "shm: 64M\ns.sh: line 2: 9 Bus error  ./x", "DISK_FULL shell:SIGBUS"],
    ["bash, of a limit of the kernel", 153, "File size limit exceeded", "DISK_FULL shell:SIGXFSZ"],
    ["a script that cleans up", 137, "Killed\ncleaning\n\n2 files removed\n", "KILLED shell:SIGKILL"],
    ["a script that went on", 137, `Killed\n${"more\n".repeat(9)}`, "EXIT_NONZERO exit:nonzero"],
    ["a shell of another signal", 137, "Terminated", "EXIT_NONZERO exit:nonzero"],
    ["an unrelated message", 137, "Killed by a bug\nkilled 3 mice", "EXIT_NONZERO exit:nonzero"],
    ["a message that another exit code contradicts", 1, "Killed", "EXIT_NONZERO exit:nonzero"],
  ] as const)("learns from %s which signal killed its command", (_who, code, logTail, verdict) => {
    expect(told(judge(exited(code), { logTail }))).toBe(`failed ${verdict}`);
    const isSignal = verdict.includes("shell:");
    expect(judge(exited(code), { logTail }, false).type).toBe(isSignal ? "failed" : "completed");
  });

  test("reads the message before abort(3), and takes other signals as they are", () => {
    expect(told(judge(killedBy("SIGABRT"), { logTail: CUDA_OOM }))).toBe("failed GPU_OOM log:gpu-oom");
    expect(told(judge(killedBy("SIGSEGV"), { logTail: CUDA_OOM }))).toBe(
      "failed EXIT_NONZERO signal:SIGSEGV",
    );
  });

  test("takes an end without exit code and signal for unknown, and for no success", () => {
    expect(told(judge(nothing))).toBe("failed UNKNOWN no-evidence");
    expect(told(judge(nothing, {}, false))).toBe("failed UNKNOWN no-evidence");
    expect(told(judge(nothing, { logTail: CUDA_OOM }))).toBe("failed GPU_OOM log:gpu-oom");
  });
});

describe("classify() without failOnNonZero", () => {
  test.each([
    ["exit 3", "completed", exited(3)],
    ["exit 64", "completed", exited(64)],
    ["exit 127", "completed", exited(127)],
    ["exit 137", "completed", exited(137)],
    ["SIGKILL", "failed KILLED signal:SIGKILL", killedBy("SIGKILL")],
    ["a command that is not there", "failed INVALID_SPEC spawn", notStarted("INVALID_SPEC")],
    ["a process that is gone", "orphaned STALE_WORKER process-gone", LOST],
    ["TERM from outside", "interrupted INTERRUPTED term-from-outside", exited(3, true)],
  ] as const)("takes %s for `%s`", (_what, verdict, ending) => {
    expect(told(judge(ending, { logTail: CUDA_OOM }, false))).toBe(verdict);
  });

  test("still reports an OOM kill", () => {
    expect(told(judge(exited(1), { oomKilled: true }, false))).toBe("failed OOM_KILLED cgroup:oom-kill");
  });
});

describe("classify() weighs the evidence in its order", () => {
  /** Each row has all the evidence of the rows below it too. */
  const stop = aStop({ reason: "Timeout" });
  const sawTerm = exited(137, true);
  const ladder: readonly (readonly [string, Verdict])[] = [
    ["timeout TIMEOUT deadline", judge(sawTerm, { stop, oomKilled: true, logTail: CUDA_OOM })],
    ["interrupted INTERRUPTED term-from-outside", judge(sawTerm, { oomKilled: true, logTail: CUDA_OOM })],
    ["failed OOM_KILLED cgroup:oom-kill", judge(killedBy("SIGKILL"), { oomKilled: true, logTail: CUDA_OOM })],
    ["failed KILLED signal:SIGKILL", judge(killedBy("SIGKILL"), { logTail: CUDA_OOM })],
    ["failed TIMEOUT exit:124", judge(exited(124), { logTail: CUDA_OOM })],
    ["failed GPU_OOM log:gpu-oom", judge(exited(1), { logTail: CUDA_OOM })],
    ["failed EXIT_NONZERO exit:nonzero", judge(exited(1))],
  ];

  test.each(ladder)("%s", (verdict, found) => {
    expect(told(found)).toBe(verdict);
  });

  test("takes exit 0 for success, whatever the log says and even after an OOM kill of a child", () => {
    expect(told(judge(exited(0), { oomKilled: true, logTail: CUDA_OOM }))).toBe("completed");
  });

  test.each([
    ["User", "cancelled"],
    ["Shutdown", "shutdown"],
    ["Requeue", "requeued"],
    ["Timeout", "timeout TIMEOUT deadline"],
  ] as const)("takes its own stop request (%s) for the cause of any end", (reason, verdict) => {
    const ends = [exited(0), exited(0, true), killedBy("SIGKILL"), LOST, notStarted("RUNTIME_ERROR")];
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
    [
      "exited with code 137 (128 + 9: with this code a shell reports that its command was killed by SIGKILL)",
      judge(exited(137)),
    ],
    [
      "exited with code 137: its shell says that a command was killed by SIGKILL",
      judge(exited(137), { logTail: "Killed" }),
    ],
    ["exited with code 255", judge(exited(255))],
    [
      "exited with code 127; the log says: sh: 1: trian: not found",
      judge(exited(127), { logTail: "sh: 1: trian: not found" }),
    ],
    ["killed by SIGSEGV", judge(killedBy("SIGSEGV"))],
    ["no such file", judge(notStarted("INVALID_SPEC"))],
    ["the process is gone and left no result", judge(LOST)],
  ])("%s", (error, verdict) => {
    expect(errorOf(verdict)).toBe(error);
  });

  test("quotes the decisive line of the log, cut to a readable length", () => {
    const tail = `CUDA out of memory (first)\n  ${CUDA_OOM}  \nbye\n`;
    expect(errorOf(judge(exited(1), { logTail: tail }))).toBe(
      `exited with code 1; the log says: ${CUDA_OOM}`,
    );
    const long = errorOf(judge(exited(1), { logTail: `CUDA out of memory ${"x".repeat(5_000)}` }));
    expect(long.length).toBeLessThan(300);
    expect(long).toEndWith("x…");
  });

  test("reports a full disk only where one was found, and names the Python that lacked a module", () => {
    const write = {
      logTail: "RuntimeError: PytorchStreamWriter failed writing file data/4: file write failed",
    };
    expect(told(judge(exited(1), write))).toBe("failed EXIT_NONZERO exit:nonzero");
    const full = judge(exited(1), { ...write, fullDisk: "the disk of /data has 0 B left" });
    expect(told(full)).toBe("failed DISK_FULL log:write-failed");
    expect(errorOf(full)).toEndWith("file write failed; the disk of /data has 0 B left");
    const logTail = "ModuleNotFoundError: No module named 'torch'";
    const python = "it ran with /usr/bin/python3, in no virtual environment";
    expect(errorOf(judge(exited(1), { logTail, python }))).toBe(
      `exited with code 1; the log says: ${logTail}; ${python}`,
    );
  });

  test("names who cancelled", () => {
    expect(judge(exited(0), { stop: aStop({ actor: "grace" }) })).toEqual({
      type: "cancelled",
      note: "cancelled by grace",
    });
  });
});
