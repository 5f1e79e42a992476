import type { LastOutput } from "../../desk/last-output.ts";
import { counted } from "../../lib/counted.ts";
import { formatDuration } from "../../lib/duration.ts";
import { localTime, relativeTime } from "../../lib/local-time.ts";
import { rangesOf } from "../../lib/ranges.ts";
import { type Attempt, type EndedAttempt, failureOfAttempt } from "../../model/attempt.ts";
import { className, failureEntry } from "../../model/failure.ts";
import { failureText, whyFailed, withoutSearchPath } from "../../model/failure-text.ts";
import { notFoundByShell } from "../../model/shell-words.ts";
import { inNumberOrder, lastEnded, type Task } from "../../model/task.ts";
import { MOST_RANGES, shortRanges } from "./many.ts";
import { renderTable } from "./table.ts";

/** The record keeps more; `stint logs` shows all. */
const LOG_LINES = 12;
const MOST_ATTEMPTS = 6;

/** Why a task failed: the verdict, the end of the log, the attempts, and what to do. */
export function failedLines(task: Task, nowMs: number, lastOutput: LastOutput | null): string[] {
  const { metadata, status } = task;
  const why = [`${metadata.name} failed: ${whyFailed(task)}${whatFollowed(task)}`];
  if (!("endedAt" in status)) return why;
  const when = `  ${metadata.id}${endedWhen(task, nowMs)}`;
  return [
    ...why,
    when,
    ...shellLines(task),
    ...logLines(task, silenceBefore(status.endedAt, lastOutput)),
    ...attemptLines(status.attempts, task, nowMs),
    ...adviceLines(task),
    ...moduleLines(task),
  ];
}

/** What the retry rules made of it. */
function whatFollowed({ status }: Task): string {
  if (status.state !== "failed") return "";
  switch (status.reason) {
    case "QueueTtl":
      return "";
    case "Exhausted":
      return status.attempt > 1 ? `; gave up after ${status.attempt} attempts` : "; not retried";
    case "NonRetryable":
    case "Timeout":
    case "InvalidSpec":
    case "OrphanLimit":
      return "; not retried";
  }
}

/** What the shell said of a command that it did not find, where the verdict has something else: a script may go on after it. */
export function shellLines(task: Task): string[] {
  const said = notFoundByShell(lastEnded(task)?.logTail ?? "");
  return said === null || whyFailed(task).includes(said) ? [] : [`  the shell went on after: ${said}`];
}

/** Shorter, it tells nothing. */
const LEAST_SILENCE_MS = 10_000;

/** How long a job that its timeout ended had been silent, as a clause: it may have hung; empty where it was not. */
function silenceBefore(endedAt: string, lastOutput: LastOutput | null): string {
  const silentMs = Date.parse(endedAt) - (lastOutput?.atMs ?? Number.POSITIVE_INFINITY);
  return silentMs < LEAST_SILENCE_MS
    ? ""
    : ` (its last line was written ${formatDuration(silentMs)} before its end)`;
}

function logLines(task: Task, silence = ""): string[] {
  const last = lastEnded(task);
  if (last?.logBytes === undefined || last.startedAt === undefined) return [];
  const lines = (last.logTail ?? "").split("\n").filter((line) => line.trim() !== "");
  if (lines.length === 0) return ["", "Log: empty"];
  return ["", `Log${silence}:`, ...lines.slice(-LOG_LINES).map((line) => `  | ${line}`)];
}

/** One line for each of the last attempts; none for a single one. */
export function attemptLines(attempts: readonly Attempt[], { spec }: Task, nowMs: number): string[] {
  const ended = attempts.filter((attempt): attempt is EndedAttempt => attempt.state !== "running");
  if (ended.length < 2) return [];
  const shown = ended.slice(-MOST_ATTEMPTS);
  const rows = shown.map((attempt) => [
    `  ${attempt.number}`,
    localTime(attempt.startedAt ?? attempt.claimedAt, nowMs),
    formatDuration(attempt.durationMs),
    withoutSearchPath(failureText(attempt, spec.timeoutMs) ?? attempt.state),
  ]);
  const left = ended.length - shown.length;
  const earlier = left === 0 ? "" : ` (and ${counted(left, "earlier one")})`;
  const table = renderTable(rows, { columns: Number.POSITIVE_INFINITY }).trimEnd().split("\n");
  return ["", `Attempts${earlier}:`, ...table];
}

/** `module` loads software on a cluster; a script from there calls it, and shells say so where there is none. */
const NO_MODULE = /\bmodule: (?:command )?not found/;

export function moduleLines(task: Task): string[] {
  if (!NO_MODULE.test(lastEnded(task)?.logTail ?? "")) return [];
  return [
    "`module` belongs to a cluster, and this machine has none: leave the line out, and have the programs on PATH",
    "(conda, venv, apt), or install environment-modules.",
  ];
}

/** What to do; `retried` is what follows `stint retry`. */
function adviceLines(task: Task, retried = String(task.metadata.number)): string[] {
  const { number } = task.metadata;
  const last = lastEnded(task);
  const failure = failureOfAttempt(last);
  if (failure === null) return ["", `What to do: stint retry ${retried}`];
  const { meaning, advice } = failureEntry(failure.code);
  const hasLog = (last?.logBytes ?? 0) > 0;
  return [
    "",
    `${failure.code} (${className(failure.class)}): ${meaning} (rule: ${failure.rule}).`,
    `What to do: ${adviceFor(advice, { number, retried })}.`,
    `${hasLog ? `Whole log: stint logs ${number}   ` : ""}About this failure: stint help ${failure.code}`,
  ];
}

/** The advice with the number of the task in its commands, and all that are to be retried. */
function adviceFor(
  advice: string,
  { number, retried }: { readonly number: number; readonly retried: string },
): string {
  return advice
    .replaceAll("`stint logs`", `\`stint logs ${number}\``)
    .replaceAll(/`stint retry(?: ID)?(?=[ `])/g, `\`stint retry ${retried}`)
    .replaceAll("`stint set`", `\`stint set ${number} KEY=VALUE\``)
    .replaceAll(/`stint set ID /g, `\`stint set ${number} `)
    .replaceAll(/`stint show ID`/g, `\`stint show ${number}\``)
    .replaceAll(/--from ID`/g, `--from ${number}\``);
}

/** Failed tasks by cause, the most frequent first: those whose failure is told in the same words, apart from numbers. */
export function byCause(tasks: readonly Task[]): Task[][] {
  const groups = Map.groupBy(tasks, causeOf);
  return [...groups.values()].toSorted((left, right) => right.length - left.length);
}

/** The same for tasks that failed by one cause. */
export function causeOf(task: Task): string {
  const last = lastEnded(task);
  const code = failureOfAttempt(last)?.code ?? "";
  const exit = last?.exitCode ?? null;
  return [code, exit, whyFailed(task).replaceAll(/0x[\da-f]+|\d+(?:\.\d+)?/gi, "0")].join(" ");
}

/** Why several tasks failed in the same way, with the newest as the example. */
export function groupLines(tasks: readonly Task[], nowMs: number): string[] {
  const sample = tasks.toSorted(inNumberOrder).at(-1);
  if (sample === undefined) return [];
  const ranges = rangesOf(tasks.map(({ metadata }) => metadata.number));
  const failure = failureOfAttempt(lastEnded(sample));
  const all =
    ranges.length <= MOST_RANGES
      ? ranges.join(" ")
      : `--failed${failure === null ? "" : ` --class ${failure.code.toLowerCase().replaceAll("_", "-")}`}`;
  const advice = adviceLines(sample, all);
  const followed = new Set(tasks.map(whatFollowed));
  return [
    `${counted(tasks.length, "task")} failed: ${whyFailed(sample)}${followed.size === 1 ? whatFollowed(sample) : ""}`,
    `  tasks ${shortRanges(ranges)}`,
    `  for example ${sample.metadata.id}${endedWhen(sample, nowMs)}`,
    ...logLines(sample),
    ...advice,
    // The advice may name the command already.
    ...(advice.some((line) => line.includes(`stint retry ${all}`))
      ? []
      : [`Retry all of them: stint retry ${all}`]),
  ];
}

/** A clause; empty for an unfinished task. */
export function endedWhen({ status }: Task, nowMs: number): string {
  return "endedAt" in status ? `, ended ${relativeTime(status.endedAt, nowMs)}` : "";
}
