import type { ProgressSeen } from "../../desk/progress.ts";
import { formatBytes } from "../../lib/bytes.ts";
import { timestamp } from "../../lib/clock.ts";
import { counted } from "../../lib/counted.ts";
import { formatDuration } from "../../lib/duration.ts";
import { localTime, relativeTime } from "../../lib/local-time.ts";
import { asLines, oneLine } from "../../lib/printable.ts";
import {
  type Attempt,
  describeLeftBehind,
  type EndedAttempt,
  failureOfAttempt,
} from "../../model/attempt.ts";
import type { EventSummary } from "../../model/event-summary.ts";
import { className } from "../../model/failure.ts";
import { failureText, whyFailed } from "../../model/failure-text.ts";
import type { FoundEnd } from "../../model/found-end.ts";
import { reuseOf } from "../../model/reuse.ts";
import { IGNORED } from "../../model/slurm.ts";
import { STATES } from "../../model/state.ts";
import { lastEnded, type Metadata, type Task } from "../../model/task.ts";
import { preparationInWords, stopInWords } from "./active.ts";
import { dataLines } from "./data.ts";
import { valuesOf } from "./job-data.ts";
import { memoryAndLimits } from "./limits.ts";
import { parentTexts } from "./parents.ts";
import { progressText } from "./progress-text.ts";
import { addressText } from "./services.ts";
import { fieldLines, specFields } from "./spec-fields.ts";
import type { Style } from "./style.ts";
import { valuesText } from "./sweep.ts";
import { renderTable } from "./table.ts";
import { timelineLines } from "./timeline.ts";
import { trackingLines } from "./tracking.ts";
import { usageLines } from "./usage.ts";
import { hanging } from "./wrap.ts";

interface Shown {
  readonly nowMs: number;
  readonly style: Style;
  readonly columns: number;
}

/** All details of a task, for display; `told` is what its running job told so far. */
export function renderTask(
  task: Task,
  options: Shown & {
    readonly runFolder: string;
    readonly progress?: ProgressSeen | null;
    readonly told?: EventSummary | null;
    /** What prepares it now. */
    readonly preparation?: string | null;
    /** Its code and packages. */
    readonly code?: string | null;
  },
): string {
  const { metadata, spec, status } = task;
  const { nowMs, style, columns, runFolder, progress = null, code = null } = options;
  const { labels, number } = metadata;
  const parents = parentTexts((spec.after ?? []).map((one) => ({ reference: one.task, when: one.when })));
  const ignored = metadata.annotations[IGNORED];
  const hasStarted = status.attempts.some(({ startedAt }) => startedAt !== undefined);
  const fields: (readonly [name: string, value: string])[] = [
    ...specFields(spec, { labels, parents, nowMs }),
    ...originRows(metadata),
    ...(code === null ? [] : [["code", code] as const]),
    ...(spec.reuse === true ? [["reuse", reuseText(task)] as const] : []),
    ...(ignored === undefined ? [] : [["ignored", `${ignored} (see stint help sbatch)`] as const]),
    ["queued", `${localTime(metadata.createdAt, nowMs)} by ${metadata.createdBy} (${metadata.source})`],
    ...(status.state === "queued" ? [["why", `stint explain ${number}`] as const] : []),
    ...(hasStarted ? [["output", `stint logs ${number}`] as const] : []),
    ...(progress === null ? [] : [["progress", progressText(progress)] as const]),
    ["files", runFolder],
    ["version", String(metadata.resourceVersion)],
  ];
  const head = `${style.bold(metadata.id)}  ${style.state(status.state)}${endingOf(task, nowMs)}`;
  return asLines([
    ...hanging("", head, { columns, hang: 2 }),
    ...fields.flatMap(([name, value]) => fieldLines(name, value, columns)),
    ...status.attempts.flatMap((attempt) => renderAttempt(attempt, { ...options, task })),
  ]);
}

/** Enough to compare two by eye. */
const SHORT_FINGERPRINT = 12;

function reuseText(task: Task): string {
  const found = reuseOf(task);
  return found.ok ? `fingerprint ${found.value.slice(0, SHORT_FINGERPRINT)}` : `not possible: ${found.error}`;
}

function endingOf(task: Task, nowMs: number): string {
  const { status } = task;
  if (!("endedAt" in status)) return "";
  const why =
    status.state === "completed" ? "" : `: ${status.state === "failed" ? whyFailed(task) : status.message}`;
  return ` ${relativeTime(status.endedAt, nowMs)}${why}`;
}

/** Many tasks: how many are in each state, and a line for each. */
export function renderTasks(
  tasks: readonly Task[],
  { style, columns }: { readonly style: Style; readonly columns: number },
): string {
  const counts = STATES.flatMap((state) => {
    const count = tasks.filter(({ status }) => status.state === state).length;
    return count === 0 ? [] : [`${count} ${style.state(state)}`];
  });
  const rows = tasks.map((task) => {
    const { metadata, status } = task;
    const last = lastEnded(task);
    const took = last === null ? "-" : formatDuration(last.durationMs);
    const why =
      status.state === "failed"
        ? whyFailed(task)
        : "message" in status && status.state === "cancelled"
          ? status.message
          : "";
    return [`  ${metadata.id}`, style.state(status.state), took, why];
  });
  return `${style.bold(counted(tasks.length, "task"))}: ${counts.join(", ")}\n${renderTable(rows, { columns })}`;
}

function renderAttempt(
  attempt: Attempt,
  {
    nowMs,
    style,
    columns,
    task,
    told = null,
    preparation = null,
  }: Shown & {
    readonly task: Task;
    readonly told?: EventSummary | null;
    readonly preparation?: string | null;
  },
): string[] {
  const start = localTime(attempt.startedAt ?? attempt.claimedAt, nowMs);
  const head = (text: string): string[] =>
    hanging("  ", `attempt ${attempt.number}: ${text}`, { columns, hang: 4 });
  if (attempt.state === "running") {
    if (attempt.found !== undefined)
      return [
        "",
        ...head(collectingText(attempt.found, nowMs)),
        ...devicesOf(attempt),
        ...memoryAndLimits(attempt),
      ];
    const where = addressText(task, nowMs);
    const doing = preparationInWords(task, preparation) ?? task.status.state;
    const pid = attempt.process === undefined ? "" : `, pid ${attempt.process.pid}`;
    const pause = attempt.paused === undefined ? "" : `, paused since ${localTime(attempt.paused.at, nowMs)}`;
    const stop = attempt.stop === undefined ? "" : `, ${stopInWords(attempt.stop)}`;
    return [
      "",
      ...head(`${doing} since ${start}${pid}${pause}${stop}`),
      ...(where === null ? [] : [`    ${where}`]),
      ...devicesOf(attempt),
      ...besideLines(attempt, columns),
      ...memoryAndLimits(attempt),
      ...timelineLines(attempt, { nowMs, columns, told }),
    ];
  }
  const ran = attempt.startedAt === undefined ? "" : `, ran ${formatDuration(attempt.durationMs)}`;
  const lines = [
    "",
    ...head(`${endOf(attempt, task)}; ${start}${ran}`),
    ...devicesOf(attempt),
    ...besideLines(attempt, columns),
    ...memoryAndLimits(attempt),
    ...timelineLines(attempt, { nowMs, columns, told: null }),
  ];
  lines.push(...usageLines(attempt));
  lines.push(...resultLines(attempt, task, columns));
  const remains = describeLeftBehind(attempt);
  if (remains !== null) lines.push(`    ${remains}`);
  const failure = failureOfAttempt(attempt);
  if (failure !== null) lines.push(`    ${className(failure.class)}/${failure.code} (rule: ${failure.rule})`);
  if ("note" in attempt) lines.push(`    ${attempt.note}`);
  if ("retry" in attempt && attempt.retry !== undefined)
    lines.push(`    retry after ${formatDuration(attempt.retry.delayMs)}`);
  if (attempt.logTail !== undefined && attempt.state !== "completed") {
    lines.push(
      ...attempt.logTail
        .trimEnd()
        .split("\n")
        .slice(-SHOWN_LOG_LINES)
        .map((line) => style.dim(`    | ${line}`)),
    );
  }
  return lines;
}

/** What an attempt has beside its job: data and trackers. */
function besideLines(attempt: Attempt, columns: number): string[] {
  return [...dataLines(attempt, columns), ...trackingLines(attempt, columns)];
}

/** What came of an attempt: outputs, artifacts, and what went wrong when they were collected. */
function resultLines(attempt: EndedAttempt, task: Task, columns: number): string[] {
  const { outputs, outputsLeft = 0, metrics, artifacts, notes = [] } = attempt;
  const left = outputsLeft > 0 ? ` (${outputsLeft} more in outputs.json)` : "";
  const some = artifacts === undefined ? "" : counted(artifacts.count, "artifact");
  return [
    ...(outputs === undefined
      ? []
      : hanging("    ", `outputs ${valuesOf(outputs)}${left}`, { columns, hang: 6 })),
    ...(metrics === undefined ? [] : hanging("    ", `metrics ${valuesOf(metrics)}`, { columns, hang: 6 })),
    ...(artifacts === undefined
      ? []
      : [`    ${some}, ${formatBytes(artifacts.bytes)}: ${artifactsLine(task, attempt)}`]),
    ...notes.flatMap((note) => hanging("    ", oneLine(note), { columns, hang: 6 })),
  ];
}

function collectingText({ ending, endedAtMs }: FoundEnd, nowMs: number): string {
  const how = ending.type === "exited" && ending.exitCode !== null ? ` with code ${ending.exitCode}` : "";
  return `ended${how} ${relativeTime(timestamp(endedAtMs), nowMs)}; its results are collected`;
}

/** The command that lists the artifacts of an attempt. */
function artifactsLine({ metadata, status }: Task, { number }: EndedAttempt): string {
  const which = number === status.attempt ? "" : ` --attempt ${number}`;
  return `stint artifacts ${metadata.number}${which}`;
}

/** How an attempt ended: its state, and the failure if the first line of the task does not tell it. */
function endOf(attempt: EndedAttempt, task: Task): string {
  const told = failureText(attempt, task.spec.timeoutMs);
  if (told === null) return attempt.state;
  // Of a timeout, the state says no more than the words.
  if (attempt.state === "timeout") return told;
  const isTold = task.status.state === "failed" && told === whyFailed(task);
  return isTold ? attempt.state : `${attempt.state}, ${told}`;
}

function devicesOf({ devices, resources }: Attempt): string[] {
  if (devices === undefined) return [];
  const share = resources.vramBytes === undefined ? "whole" : `${formatBytes(resources.vramBytes)} of each`;
  return [`    on ${devices.join(", ")} (${share})`];
}

/** The record keeps more; `stint logs` shows all. */
const SHOWN_LOG_LINES = 15;

/** Where a task comes from: its sweep, its group, the task that it is a copy of, its definition. */
function originRows({
  group,
  openGroup,
  resubmitOf,
  copiedMember,
  definition,
}: Metadata): [name: string, value: string][] {
  const rows: [string, string][] = [];
  if (group !== undefined) {
    const member = `${group.name}, member ${group.index} of ${group.size}`;
    rows.push(["sweep", `${member}: ${valuesText(group.values)}`]);
  }
  if (openGroup !== undefined) rows.push(["group", openGroup.name]);
  if (resubmitOf !== undefined) {
    const values = copiedMember === undefined ? "" : `: ${valuesText(copiedMember.values)}`;
    rows.push(["copy of", `${resubmitOf}${values}`]);
  }
  if (definition !== undefined) rows.push(["made from", `${definition.name}@${definition.version}`]);
  return rows;
}
