import type { Random } from "../lib/random.ts";
import { type EndedAttempt, failureOfAttempt } from "../model/attempt.ts";
import { type Backoff, type Delay, delayOf } from "../model/backoff.ts";
import { type Failure, failureEntry } from "../model/failure.ts";
import type { Retry } from "../model/retry.ts";
import type { Task } from "../model/task.ts";

/** What follows a failed attempt: another one after a wait, or the dead-letter folder and why. */
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
}

/** The kernel enforces a limit that the next attempt would meet again. */
const HOPELESS_RULES: ReadonlySet<string> = new Set(["signal:SIGXFSZ", "shell:SIGXFSZ"]);

/** Nothing was run: what the task needs was not there, and may come back, as a disk that nobody has mounted. */
export function isAwaited(failure: Failure): boolean {
  return failure.code === "DATA_UNREACHABLE" && failure.rule === "spawn";
}

/** A weekend's worth of looks at a quarter of an hour; fewer than a record keeps attempts. */
const MAX_LOOKS = 240;
const BETWEEN_LOOKS: Backoff = { firstMs: 30_000, maxMs: 15 * 60_000, factor: 2, jitter: "equal" };

/** Decides by the restart policy, then by what is worth retrying, then by what is left of the budget. */
export function decideRetry(task: Task, end: FailedEnd, random: Random): RetryDecision {
  const { failure } = end;
  const { restart, retry } = task.spec;
  if (restart.policy === "never") return giveUp(failure, "the task's restart policy is never");
  if (!isWorthRetrying(retry, end)) return giveUp(failure, `${failure.code} is not retried for this task`);
  // To look whether something is there costs nothing of the budget.
  const isLook = isAwaited(failure);
  if (!isLook && retry.maxAttempts > 0 && end.consecutiveFailures >= retry.maxAttempts) {
    const message = `failed ${end.consecutiveFailures} times in a row, of ${retry.maxAttempts} attempts allowed`;
    return { retry: false, reason: "Exhausted", message };
  }
  const cap = capOf(retry, failure);
  const sameInRow = cap === undefined && !isLook ? 0 : 1 + countSameInRow(task, failure);
  if (cap !== undefined && sameInRow >= cap) {
    const message = `failed ${sameInRow} times in a row with ${failure.code}, of ${cap} allowed`;
    return { retry: false, reason: "Exhausted", message };
  }
  const delay = delayOf(
    backoffFor(task, failure),
    (isLook ? sameInRow : end.consecutiveFailures) - 1,
    random,
  );
  const askedMs = failure.code === "RATE_LIMITED" ? retryAfterMs(end.logTail) : 0;
  return { retry: true, baseMs: delay.baseMs, delayMs: askedMs > 0 ? askedMs : delay.delayMs };
}

/** What follows an interruption, which costs nothing of the budget; the attempt is closed already. */
export function decideInterrupted(closed: Task, failure: Failure, random: Random): RetryDecision {
  const cap = capOf(closed.spec.retry, failure);
  const inRow = countInterruptions(closed);
  if (cap !== undefined && inRow >= cap) {
    const message = `${failure.code}: ${failure.error}, ${inRow} times in a row since the machine was started`;
    return { retry: false, reason: "Exhausted", message };
  }
  if (inRow <= 1) return { retry: true, baseMs: 0, delayMs: 0 };
  return { retry: true, ...delayOf(backoffFor(closed, failure), inRow - 2, random) };
}

/** The last attempts that all were interrupted, since the last boot: a machine that is shut down each evening is no reason to give up. */
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

function isWorthRetrying(retry: Retry, { failure, exitCode }: FailedEnd): boolean {
  const names = (list: Retry["on"]): boolean =>
    list?.some((name) => name === failure.class || name === failure.code) ?? false;
  if (names(retry.never)) return false;
  if (retry.on !== undefined || retry.onExit !== undefined) {
    return names(retry.on) || (exitCode !== null && (retry.onExit?.includes(exitCode) ?? false));
  }
  if (HOPELESS_RULES.has(failure.rule)) return false;
  if (failure.code === "TIMEOUT" && retry.onTimeout !== undefined) return retry.onTimeout;
  if (["EXIT_NONZERO", "MODULE_NOT_FOUND"].includes(failure.code) && retry.onCode !== undefined)
    return retry.onCode;
  const entry = failureEntry(failure.code);
  // Attempts for this very code say that it is to be tried again.
  const isGivenAttempts = retry.perClass?.[failure.code]?.maxAttempts !== undefined;
  return retry.scope === "any" || isGivenAttempts ? entry.final !== true : entry.retry !== "no";
}

/** Failures in a row of one kind after which it is given up; undefined where only the whole budget counts. */
function capOf(retry: Retry, failure: Failure): number | undefined {
  const own = retry.perClass?.[failure.code]?.maxAttempts ?? retry.perClass?.[failure.class]?.maxAttempts;
  const usual = isAwaited(failure) ? MAX_LOOKS : failureEntry(failure.code).maxAttempts;
  return own === 0 ? undefined : (own ?? usual);
}

/** Ended attempts before the open one, back to the last success or epoch, that failed in the same way. */
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

/** A class sets the least first wait and the longest one, unless the task says otherwise for that class. */
function backoffFor(task: Task, failure: Failure): Backoff {
  const { perClass } = task.spec.retry;
  const explicit = perClass?.[failure.code]?.backoff ?? perClass?.[failure.class]?.backoff;
  if (explicit !== undefined) return explicit;
  if (isAwaited(failure)) return BETWEEN_LOOKS;
  const own = task.spec.backoff;
  const ofClass = failureEntry(failure.code).backoff;
  if (ofClass === undefined) return own;
  const firstMs = Math.max(own.firstMs, ofClass.firstMs);
  return { firstMs, maxMs: Math.max(firstMs, ofClass.maxMs), factor: own.factor, jitter: ofClass.jitter };
}

/** Longer than this, a server's wish is taken for an error of its own. */
const MAX_RETRY_AFTER_S = 6 * 3_600;

/** The seconds form of the Retry-After header (RFC 9110, 10.2.3), as clients print it; the last one counts. */
function retryAfterMs(logTail: string): number {
  const found = [...logTail.matchAll(/retry[- ]after["']?\s*(?:[:=]\s*)?["']?(\d+)/gi)].at(-1);
  const seconds = Number(found?.[1] ?? 0);
  return seconds <= MAX_RETRY_AFTER_S ? seconds * 1_000 : 0;
}
