import type { Ending, Evidence } from "./evidence.ts";
import { EXIT_RULES } from "./exit-rules.ts";
import { failureFromHint } from "./fail-hint.ts";
import { type Failure, type FailureCode, failureEntry, failureOf } from "./failure.ts";
import { type LastWords, lastWords } from "./last-words.ts";
import { LOG_RULES } from "./log-rules.ts";
import { quoted } from "./quote.ts";
import { signalOfCode, signalToldByShell } from "./shell-words.ts";

/** The outcome of an attempt. */
export type Verdict =
  | { readonly type: "completed" }
  /** A service that was asked to end, and has ended. */
  | { readonly type: "stopped"; readonly note: string }
  | { readonly type: "failed" | "timeout"; readonly failure: Failure }
  | { readonly type: "interrupted" | "orphaned"; readonly failure: Failure }
  | { readonly type: "cancelled" | "superseded" | "shutdown" | "requeued"; readonly note: string };

type Exited = Extract<Ending, { type: "exited" }>;

/** Signals that other processes send to a program, unlike those that its own faults raise. */
const KILLED_BY_OTHERS = new Set(["SIGKILL", "SIGTERM", "SIGHUP", "SIGINT", "SIGQUIT"]);

/**
 * Judges an attempt by its evidence; the first match wins: stint's own stop, a TERM from outside, success, the kernel's OOM killer, a
 * signal, what the job said of its failure, an exit code with an agreed meaning, the last words, any other exit code. A success is then
 * checked by its outputs.
 */
export function classify(evidence: Evidence, failOnNonZero: boolean): Verdict {
  const { ending, stop } = evidence;
  if (stop !== null) return ownAction(stop, ending);
  switch (ending.type) {
    case "notStarted":
      return { type: "failed", failure: notStarted(ending) };
    case "lost":
      return ending.signal === null
        ? { type: "orphaned", failure: failureOf("STALE_WORKER", "process-gone", ending.note) }
        : { type: "failed", failure: failureOf("KILLED", "signal", `killed by ${ending.signal}`) };
    case "exited":
      return withOutputs(judgeExit(ending, evidence, failOnNonZero), evidence);
  }
}

/** A success whose outputs are not those that the task asks for is a failure. */
function withOutputs(verdict: Verdict, { outputsFault }: Evidence): Verdict {
  if (verdict.type !== "completed" || outputsFault === undefined) return verdict;
  const { rule, error } = outputsFault;
  return { type: "failed", failure: failureOf("INVALID_OUTPUTS", rule, error) };
}

/** The failure of a job that could not be started; its rule names the exit code of a shell in its place. */
export function notStarted({ code, error, exit }: Extract<Ending, { type: "notStarted" }>): Failure {
  return failureOf(code, exit === undefined ? "spawn" : `spawn:${exit}`, error);
}

function ownAction(stop: NonNullable<Evidence["stop"]>, ending: Ending): Verdict {
  switch (stop.reason) {
    case "Stop":
      return stoppedService(`stopped by ${stop.actor}`, ending);
    case "Idle":
      return stoppedService("stopped, as it was not used any more", ending);
    case "Ttl":
      return stoppedService("stopped, as its ttl was over", ending);
    case "NotReady":
      return failedService("NOT_READY", stop.said);
    case "Unhealthy":
      return failedService("UNHEALTHY", stop.said);
    case "User":
      return { type: "cancelled", note: `cancelled by ${stop.actor}` };
    case "Superseded":
      return { type: "superseded", note: `replaced by ${stop.actor}` };
    case "Shutdown":
      return { type: "shutdown", note: `stopped with the supervisor by ${stop.actor}` };
    case "Requeue":
      return { type: "requeued", note: `stopped by ${stop.actor}, to be queued again` };
    case "Timeout":
      return {
        type: "timeout",
        failure: failureOf("TIMEOUT", "deadline", "ran longer than its timeout and was stopped"),
      };
  }
}

/** The rule of a service that did not answer, at its start or later. */
export const PROBE_RULE = "probe";
/** The rule of a service that did not end when it was asked to. */
export const STOP_GRACE_RULE = "stop:grace";

/** One that had to be killed may have lost something. */
function stoppedService(note: string, ending: Ending): Verdict {
  const isKilled = ending.type !== "notStarted" && ending.signal === "SIGKILL";
  if (!isKilled) return { type: "stopped", note };
  const error = `was ${note}, did not end within its grace, and was killed`;
  return { type: "failed", failure: failureOf("KILLED", STOP_GRACE_RULE, error) };
}

function failedService(code: "NOT_READY" | "UNHEALTHY", said = "nothing is known of its answer"): Verdict {
  return { type: "failed", failure: failureOf(code, PROBE_RULE, said) };
}

function judgeExit(ending: Exited, evidence: Evidence, failOnNonZero: boolean): Verdict {
  if (ending.sawTerm && (ending.exitCode !== 0 || evidence.isStopping === true)) {
    const error = "got SIGTERM from outside stint";
    return { type: "interrupted", failure: failureOf("INTERRUPTED", "term-from-outside", error) };
  }
  if (ending.exitCode === 0) return { type: "completed" };
  const how = howItEnded(ending);
  const failed = (code: FailureCode, rule: string, error = how): Verdict => ({
    type: "failed",
    failure: failureOf(code, rule, error),
  });
  if (evidence.oomKilled) return failed("OOM_KILLED", "cgroup:oom-kill", "went over its memory limit");
  const words = lastWords(evidence.logTail);
  const said = saidIn(words, evidence);
  const signal = ending.signal ?? signalToldByShell(ending.exitCode, evidence.logTail);
  // A program that calls abort(3) has printed why; what others did to it, it cannot know.
  const isTold =
    (signal === "SIGABRT" && said !== null) ||
    (evidence.hint !== undefined && !KILLED_BY_OTHERS.has(signal ?? ""));
  if (signal !== null && !isTold) {
    const code = codeOfSignal(signal, evidence.logTail);
    return ending.signal === null
      ? failed(code, `shell:${signal}`, `${how}: its shell says that a command was killed by ${signal}`)
      : failed(code, `signal:${signal}`);
  }
  if (signal === null && !failOnNonZero && ending.exitCode !== null) return { type: "completed" };
  if (evidence.hint !== undefined) return { type: "failed", failure: failureFromHint(evidence.hint, how) };
  const agreed = EXIT_RULES[ending.exitCode ?? -1]?.find(({ says }) => says?.test(words.final) ?? true);
  if (agreed !== undefined) {
    const quote = agreed.says === undefined ? "" : `; ${quoted(words.final)}`;
    return failed(agreed.code, `exit:${ending.exitCode}`, `${how}${quote}`);
  }
  if (said !== null) return failed(said.code, said.name, `${how}; ${said.quote}`);
  if (ending.exitCode === null) return failed("UNKNOWN", "no-evidence");
  const last = words.final === "" ? "" : `; ${quoted(words.final)}`;
  return failed("EXIT_NONZERO", "exit:nonzero", `${how}${meaningOfCode(ending.exitCode)}${last}`);
}

/** The first rule that the last words match; a rule whose code is never retried must match the final error itself. */
function saidIn(
  { final, lines }: LastWords,
  evidence: Evidence,
): { readonly code: FailureCode; readonly name: string; readonly quote: string } | null {
  for (const { name, code, pattern, needsFullDisk } of LOG_RULES) {
    const isFinal = failureEntry(code).final === true;
    const line = (isFinal ? [final] : lines).find((candidate) => pattern.test(candidate));
    if (line === undefined || (needsFullDisk && evidence.fullDisk === undefined)) continue;
    const found = needsFullDisk
      ? evidence.fullDisk
      : code === "MODULE_NOT_FOUND"
        ? evidence.python
        : undefined;
    return { name, code, quote: `${quoted(line)}${found === undefined ? "" : `; ${found}`}` };
  }
  return null;
}

function howItEnded({ exitCode, signal }: Exited): string {
  if (signal !== null) return `killed by ${signal}`;
  return exitCode === null ? "ended, how is unknown" : `exited with code ${exitCode}`;
}

/** No signal was observed: a shell may have passed it on, or the program uses the code itself (git exits with 129 for usage). */
function meaningOfCode(exitCode: number): string {
  const signal = signalOfCode(exitCode);
  return signal === null
    ? ""
    : ` (128 + ${exitCode - 128}: with this code a shell reports that its command was killed by ${signal})`;
}

function codeOfSignal(signal: string, logTail: string): FailureCode {
  if (KILLED_BY_OTHERS.has(signal)) return "KILLED";
  if (signal === "SIGXCPU") return "TIMEOUT";
  if (signal === "SIGXFSZ") return "DISK_FULL";
  // A full /dev/shm raises SIGBUS in the process that touches the page.
  if (signal === "SIGBUS" && /\bshm\b|shared memory/i.test(logTail)) return "DISK_FULL";
  return "EXIT_NONZERO";
}
