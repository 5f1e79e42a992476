import { counted } from "../lib/counted.ts";
import type { Random } from "../lib/random.ts";
import { type EndedAttempt, failureOfAttempt } from "../model/attempt.ts";
import { type Backoff, type Delay, delayOf } from "../model/backoff.ts";
import { STOP_GRACE_RULE } from "../model/classify.ts";
import type { FailHint } from "../model/event.ts";
import { askedRetry } from "../model/fail-hint.ts";
import { type Failure, failureEntry } from "../model/failure.ts";
import type { Retry } from "../model/retry.ts";
import { openAttempt, type Task } from "../model/task.ts";

/** What follows a failed attempt: another attempt after a wait, or dead-letter/ and why. */
export type RetryDecision =
  | ({ readonly retry: true } & Delay)
  | {
      readonly retry: false;
      readonly reason: "NonRetryable" | "Exhausted" | "Timeout" | "InvalidSpec";
      readonly message: string;
    };

interface FailedEnd {
  readonly failure: Failure;
  readonly exitCode: number | null;
  /** Failures in a row in this epoch, this one included. */
  readonly consecutiveFailures: number;
  readonly logTail: string;
  /** What the job said of its failure. */
  readonly hint?: FailHint;
}

/** The kernel enforced a limit that the next attempt would exceed again. */
const HOPELESS_RULES: ReadonlySet<string> = new Set(["signal:SIGXFSZ", "shell:SIGXFSZ"]);

/** True where nothing ran as a file or folder was missing, which may appear later, such as on a disk that is not mounted. */
export function isAwaited(failure: Failure): boolean {
  return isPreflight(failure) || (failure.code === "DATA_UNREACHABLE" && failure.rule === "spawn");
}

/** True where nothing ran as the task asks for something that is not there yet. */
export function isPreflight({ code, rule }: Failure): boolean {
  return code === "PREFLIGHT" && rule === "spawn";
}

/** A weekend of checks every 15 minutes; fewer than the attempts that a record keeps. */
const MAX_CHECKS = 240;
const CHECK_BACKOFF: Backoff = { firstMs: 30_000, maxMs: 15 * 60_000, factor: 2, jitter: "equal" };

/** Decides by the restart policy, then by what is retried for this task, then by the remaining budget. */
export function decideRetry(task: Task, end: FailedEnd, random: Random): RetryDecision {
  const { failure } = end;
  const { restart, retry } = task.spec;
  if (isPreflight(failure)) return { retry: true, ...preflightDelay(task, failure, random) };
  if (failure.rule === STOP_GRACE_RULE) return giveUp(failure, `not retried: it ${failure.error}`);
  if (restart.policy === "never") return giveUp(failure, "not retried: restart is never");
  if (!isWorthRetrying(scopeOf(task), end)) return giveUp(failure, `${failure.code} is not retried`);
  // A check whether a missing file has appeared does not count against the budget.
  const isCheck = isAwaited(failure);
  if (!isCheck && retry.maxAttempts > 0 && end.consecutiveFailures >= retry.maxAttempts) {
    const message = `failed ${counted(end.consecutiveFailures, "time")} in a row (limit ${retry.maxAttempts})`;
    return { retry: false, reason: "Exhausted", message };
  }
  const cap = capOf(retry, failure);
  const sameInRow = cap === undefined && !isCheck ? 0 : 1 + countSameInRow(task, failure);
  if (cap !== undefined && sameInRow >= cap) {
    const message = `failed ${counted(sameInRow, "time")} in a row with ${failure.code} (limit ${cap})`;
    return { retry: false, reason: "Exhausted", message };
  }
  const delay = delayOf(
    backoffFor(task, failure),
    (isCheck ? sameInRow : end.consecutiveFailures) - 1,
    random,
  );
  const askedMs = askedWaitMs(end);
  return { retry: true, baseMs: delay.baseMs, delayMs: askedMs > 0 ? askedMs : delay.delayMs };
}

/** A task waits for its preflight as long as it takes; `queueTtl` ends the wait. */
function preflightDelay(task: Task, failure: Failure, random: Random): Delay {
  return delayOf(backoffFor(task, failure), Math.min(countSameInRow(task, failure), MAX_CHECKS), random);
}

/** Decides after an interruption, which does not count against the budget; the attempt is closed already. */
export function decideInterrupted(closed: Task, failure: Failure, random: Random): RetryDecision {
  const cap = capOf(closed.spec.retry, failure);
  const inRow = countInterruptions(closed);
  if (cap !== undefined && inRow >= cap) {
    const message = `${failure.code}: ${failure.error}, ${counted(inRow, "time")} in a row since the machine booted`;
    return { retry: false, reason: "Exhausted", message };
  }
  if (inRow <= 1) return { retry: true, baseMs: 0, delayMs: 0 };
  return { retry: true, ...delayOf(backoffFor(closed, failure), inRow - 2, random) };
}

/** Interruptions in a row since the last boot: a machine that is shut down every evening is no reason to give up. */
function countInterruptions({ metadata, status }: Task): number {
  const last = status.attempts.at(-1);
  const other = status.attempts.findLastIndex(
    (attempt) =>
      attempt.epoch !== metadata.epoch ||
      attempt.hostBootId !== last?.hostBootId ||
      attempt.state !== "failed" ||
      attempt.failure.code !== "INTERRUPTED",
  );
  return status.attempts.length - 1 - other;
}

function giveUp(failure: Failure, message: string): RetryDecision {
  if (failure.code === "TIMEOUT") return { retry: false, reason: "Timeout", message };
  return { retry: false, reason: failure.code === "INVALID_SPEC" ? "InvalidSpec" : "NonRetryable", message };
}

/** What is retried: of a service that has served, any failure, as what it crashed on may have come from outside. */
function scopeOf(task: Task): Retry {
  const { retry } = task.spec;
  return openAttempt(task)?.service?.readyAt === undefined ? retry : { ...retry, scope: "any" };
}

function isWorthRetrying(retry: Retry, { failure, exitCode, hint }: FailedEnd): boolean {
  const names = (list: Retry["on"]): boolean =>
    list?.some((name) => name === failure.class || name === failure.code) ?? false;
  if (names(retry.never)) return false;
  if (retry.on !== undefined || retry.onExit !== undefined)
    return names(retry.on) || (exitCode !== null && (retry.onExit?.includes(exitCode) ?? false));
  if (HOPELESS_RULES.has(failure.rule)) return false;
  if (failure.code === "TIMEOUT" && retry.onTimeout !== undefined) return retry.onTimeout;
  if (["EXIT_NONZERO", "MODULE_NOT_FOUND"].includes(failure.code) && retry.onCode !== undefined)
    return retry.onCode;
  const asked = askedRetry(failure, hint);
  if (asked !== undefined) return asked;
  const entry = failureEntry(failure.code);
  // A number of attempts for this very code implies that it is retried.
  const isGivenAttempts = retry.perClass?.[failure.code]?.maxAttempts !== undefined;
  return retry.scope === "any" || isGivenAttempts ? entry.final !== true : entry.retry !== "no";
}

/** The limit on failures in a row of this kind; undefined where only the whole budget counts. */
function capOf(retry: Retry, failure: Failure): number | undefined {
  const own = retry.perClass?.[failure.code]?.maxAttempts ?? retry.perClass?.[failure.class]?.maxAttempts;
  const usual = isAwaited(failure) ? MAX_CHECKS : failureEntry(failure.code).maxAttempts;
  return own === 0 ? undefined : (own ?? usual);
}

/** How many ended attempts failed in the same way since the last success or the start of the epoch. */
function countSameInRow(task: Task, failure: Failure): number {
  const before = task.status.attempts.filter(
    (attempt): attempt is EndedAttempt => attempt.state !== "running",
  );
  let count = 0;
  for (const attempt of before.toReversed()) {
    if (attempt.epoch !== task.metadata.epoch || attempt.state === "completed") break;
    if (attempt.state === "orphaned" || attempt.state === "cancelled") continue;
    const other = failureOfAttempt(attempt);
    if (other?.code === failure.code && isAwaited(other) === isAwaited(failure)) count += 1;
  }
  return count;
}

/** A failure code sets the minimum first wait and the maximum wait, unless the task has a backoff for that code or class. */
function backoffFor(task: Task, failure: Failure): Backoff {
  const { perClass } = task.spec.retry;
  const explicit = perClass?.[failure.code]?.backoff ?? perClass?.[failure.class]?.backoff;
  if (explicit !== undefined) return explicit;
  if (isPreflight(failure)) return failureEntry("PREFLIGHT").backoff ?? CHECK_BACKOFF;
  if (isAwaited(failure)) return CHECK_BACKOFF;
  const own = task.spec.backoff;
  const ofClass = failureEntry(failure.code).backoff;
  if (ofClass === undefined) return own;
  const firstMs = Math.max(own.firstMs, ofClass.firstMs);
  return { firstMs, maxMs: Math.max(firstMs, ofClass.maxMs), factor: own.factor, jitter: ofClass.jitter };
}

/** A longer Retry-After is ignored as a server's mistake. */
const MAX_RETRY_AFTER_S = 6 * 3_600;

/** The wait that the job or a service asked for; 0 for none. */
function askedWaitMs({ failure, hint, logTail }: FailedEnd): number {
  const { retryAfterMs: ownMs = 0 } = askedRetry(failure, hint) === true ? (hint ?? {}) : {};
  if (ownMs > 0) return Math.min(ownMs, MAX_RETRY_AFTER_S * 1_000);
  return failure.code === "RATE_LIMITED" ? retryAfterMs(logTail) : 0;
}

/** The seconds form of the Retry-After header (RFC 9110, 10.2.3), as clients print it; the last one counts. */
function retryAfterMs(logTail: string): number {
  const found = [...logTail.matchAll(/retry[- ]after["']?\s*(?:[:=]\s*)?["']?(\d+)/gi)].at(-1);
  const seconds = Number(found?.[1] ?? 0);
  return seconds <= MAX_RETRY_AFTER_S ? seconds * 1_000 : 0;
}
