import { askedFor } from "../../intake/asked.ts";
import { formatBytes } from "../../lib/bytes.ts";
import { formatDuration } from "../../lib/duration.ts";
import { localTime, relativeTime } from "../../lib/local-time.ts";
import { asLines } from "../../lib/printable.ts";
import { type Attempt, describeLeftBehind, failureOfAttempt } from "../../model/attempt.ts";
import { className } from "../../model/failure.ts";
import { describeKind } from "../../model/kind.ts";
import { gpusOf } from "../../model/resources.ts";
import type { Retry } from "../../model/retry.ts";
import type { Task } from "../../model/task.ts";
import { plainDemand } from "../../plan/demand.ts";
import { describeGpus } from "../../plan/shortage.ts";
import { describeLimits, memoryAndLimits } from "./limits.ts";
import type { Style } from "./style.ts";
import { valuesText } from "./sweep.ts";

/** All details of a task, for display. */
export function renderTask(
  task: Task,
  options: { readonly nowMs: number; readonly style: Style; readonly runFolder: string },
): string {
  const { metadata, spec, status } = task;
  const { nowMs, style } = options;
  const { group } = metadata;
  const gpus = gpusOf(spec.resources);
  const labels = Object.entries(metadata.labels).map(([key, value]) => `${key}=${value}`);
  const asked = [
    ...askedFor(spec, (instant) => localTime(instant, nowMs)),
    attemptsOf(spec.retry),
    gpus === 0 ? null : describeGpus(plainDemand(spec.resources)),
    describeLimits(spec.limits),
    ...(spec.after ?? []).map(
      ({ task: parent, when }) =>
        `after ${parent}${{ success: "", any: " (however it ends)", failure: " (if it fails)" }[when]}`,
    ),
  ].filter((part) => part !== null);
  const ended = "endedAt" in status ? ` ${relativeTime(status.endedAt, nowMs)}: ${status.message}` : "";
  const lines = [
    `${style.bold(metadata.id)}  ${style.state(status.state)}${ended}`,
    field("command", describeKind(spec.kind)),
    field("folder", spec.kind.cwd),
    field("asked", asked.join(", ")),
    ...(group === undefined
      ? []
      : [
          field(
            "sweep",
            `${group.name}, member ${group.index} of ${group.size}: ${valuesText(group.values)}`,
          ),
        ]),
    ...(labels.length > 0 ? [field("labels", labels.join(" "))] : []),
    field("queued", `${localTime(metadata.createdAt, nowMs)} by ${metadata.createdBy} (${metadata.source})`),
    field(
      "version",
      `${metadata.resourceVersion}, generation ${metadata.generation}, epoch ${metadata.epoch}`,
    ),
    field("files", options.runFolder),
    ...status.attempts.flatMap((attempt) => renderAttempt(attempt, options)),
  ];
  return asLines(lines);
}

/** How often the task is tried, and after which failures. */
function attemptsOf({ maxAttempts, scope, on, onExit }: Retry): string {
  const limit =
    maxAttempts === 0 ? "without limit" : maxAttempts === 1 ? "once" : `up to ${maxAttempts} times`;
  const isDefault = scope === "transient" && on === undefined && onExit === undefined;
  return isDefault && maxAttempts !== 1 ? `tried ${limit} after transient failures` : `tried ${limit}`;
}

function field(name: string, value: string): string {
  return `  ${name.padEnd(9)}${value}`;
}

function renderAttempt(attempt: Attempt, { nowMs, style }: { nowMs: number; style: Style }): string[] {
  const start = localTime(attempt.startedAt ?? attempt.claimedAt, nowMs);
  const head = `  attempt ${attempt.number}: `;
  if (attempt.state === "running") {
    const pause = attempt.paused === undefined ? "" : `, paused since ${localTime(attempt.paused.at, nowMs)}`;
    const stop = attempt.stop === undefined ? "" : `, being stopped (${attempt.stop.reason})`;
    return [
      "",
      `${head}running since ${start}, pid ${attempt.process?.pid ?? "not known yet"}${pause}${stop}`,
      ...devicesOf(attempt),
      ...memoryAndLimits(attempt),
    ];
  }
  const lines = [
    "",
    `${head}${attempt.state}, ${howItEnded(attempt)}, ${start} for ${formatDuration(attempt.durationMs)}`,
    ...devicesOf(attempt),
    ...memoryAndLimits(attempt),
  ];
  const remains = describeLeftBehind(attempt);
  if (remains !== null) lines.push(`    ${remains}`);
  const failure = failureOfAttempt(attempt);
  if (failure !== null)
    lines.push(`    ${className(failure.class)}/${failure.code}: ${failure.error} (rule ${failure.rule})`);
  if ("note" in attempt) lines.push(`    ${attempt.note}`);
  if ("retry" in attempt && attempt.retry !== undefined) {
    lines.push(
      `    next attempt after ${formatDuration(attempt.retry.delayMs)}, drawn from a base of ${formatDuration(attempt.retry.baseMs)}`,
    );
  }
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

function devicesOf({ devices, resources }: Attempt): string[] {
  if (devices === undefined) return [];
  const share = resources.vramBytes === undefined ? "whole" : `${formatBytes(resources.vramBytes)} of each`;
  return [`    on ${devices.join(", ")} (${share})`];
}

/** The record keeps more; `stint logs` shows all. */
const SHOWN_LOG_LINES = 15;

function howItEnded(attempt: Exclude<Attempt, { state: "running" }>): string {
  if (attempt.signal !== null) return `signal ${attempt.signal}`;
  return attempt.exitCode === null ? "no exit code" : `exit code ${attempt.exitCode}`;
}
