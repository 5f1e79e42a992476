import { formatBytes } from "../lib/bytes.ts";
import { formatDuration } from "../lib/duration.ts";
import { type EndedAttempt, failureOfAttempt } from "./attempt.ts";
import { PROBE_RULE, STOP_GRACE_RULE } from "./classify.ts";
import { signalNumber } from "./evidence.ts";
import { type Failure, failureEntry } from "./failure.ts";
import { lastWords } from "./last-words.ts";
import { quoteIn } from "./quote.ts";
import { notFoundByShell, signalOfCode } from "./shell-words.ts";
import type { Task } from "./task.ts";

/** The rules of services that stint itself has stopped. */
const STOPPED_SERVICE: ReadonlySet<string> = new Set([PROBE_RULE, STOP_GRACE_RULE]);

/** Why a failed task has failed, as one line for people: how its last attempt ended, and the log's last meaningful line. */
export function whyFailed({ spec, status }: Task): string {
  const last = status.attempts.at(-1);
  const message = "message" in status ? status.message : "";
  // The time in the queue ended it, whatever an earlier attempt did.
  const isOfQueue = status.state === "failed" && status.reason === "QueueTtl";
  if (isOfQueue || last === undefined || last.state === "running") return message;
  return failureText(last, spec.timeoutMs) ?? message;
}

/**
 * How a failed attempt ended, as one line for people: `exit 1: ValueError: x`, `timed out after 4h`, `signal 11 (SIGSEGV)`. The code and
 * the rule are in the record. Null for an attempt that did not fail.
 */
export function failureText(attempt: EndedAttempt, timeoutMs?: number): string | null {
  const failure = failureOfAttempt(attempt);
  if (failure === null) return null;
  const { exitCode, signal, logTail = "" } = attempt;
  if (failure.rule === "deadline") return `timed out after ${formatDuration(ranFor(attempt, timeoutMs))}`;
  if (failure.code === "OOM_KILLED") return `killed: out of memory${peakOf(attempt)}`;
  // A signal was stint's own way to end it.
  if (STOPPED_SERVICE.has(failure.rule)) return failure.error;
  if (failure.code === "INTERRUPTED") return "stopped by SIGTERM from outside stint";
  if (signal !== null) {
    // A program that calls abort(3) has printed why.
    const said = signal === "SIGABRT" ? finalIn(logTail) : null;
    return withLine(signalText(signal), quoteIn(failure.error) ?? said);
  }
  // Where it never started, or left no result, the error says all.
  if (exitCode === null) return failure.error;
  return withLine(`exit ${exitCode}`, causeOfExit(attempt, failure));
}

/** The value of PATH is told once, by `stint explain` and `show`: where a text stands in a row, it hides the rest. */
export function withoutSearchPath(text: string): string {
  return text.replace(/^(Cannot start ".*not found in PATH) \([^()]*\)/, "$1");
}

/** The timeout, where the attempt ran that long: it is stopped a moment later. */
function ranFor({ durationMs, pausedMs = 0 }: EndedAttempt, timeoutMs: number | undefined): number {
  const awakeMs = durationMs - pausedMs;
  return timeoutMs !== undefined && timeoutMs <= awakeMs ? timeoutMs : awakeMs;
}

function peakOf({ peakMemoryBytes }: EndedAttempt): string {
  return peakMemoryBytes === undefined ? "" : ` (peak ${formatBytes(peakMemoryBytes)})`;
}

function signalText(name: string): string {
  const number = signalNumber(name);
  return number === null ? name : `signal ${number} (${name})`;
}

function withLine(how: string, line: string | null): string {
  return line === null ? how : `${how}: ${line}`;
}

/** The line of the log that says why, else what the exit code means, else how the log ends. */
function causeOfExit({ exitCode, logTail = "", logBytes }: EndedAttempt, failure: Failure): string | null {
  const ofShell = /^shell:(SIG.+)$/.exec(failure.rule)?.[1];
  // The program had no reason to say anything of it.
  if (failure.code === "INVALID_OUTPUTS") return failure.error;
  if (ofShell !== undefined) return `one of its commands was killed by ${signalText(ofShell)}`;
  const said =
    quoteIn(failure.error) ?? (exitCode === 127 ? notFoundByShell(logTail) : null) ?? finalIn(logTail);
  if (said !== null) return said;
  if (failure.code !== "EXIT_NONZERO") return failureEntry(failure.code).meaning;
  const signal = signalOfCode(exitCode);
  if (signal !== null) return `as after ${signalText(signal)}`;
  const last = logTail.split("\n").findLast((line) => line.trim() !== "");
  if (last !== undefined) return `the log ends with "${last.trim()}"`;
  return logBytes === 0 ? "no output" : null;
}

function finalIn(logTail: string): string | null {
  const line = lastWords(logTail).final.trim();
  return line === "" ? null : line;
}
