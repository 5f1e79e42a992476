import type { LastOutput } from "../../desk/last-output.ts";
import { formatDuration } from "../../lib/duration.ts";
import { relativeTime } from "../../lib/local-time.ts";
import { whyFailed } from "../../model/failure-text.ts";
import { isActive } from "../../model/state.ts";
import { isCollecting, lastEnded, openAttempt, type Task } from "../../model/task.ts";
import type { Wait } from "../../plan/waiting.ts";
import { preparationInWords, stopInWords, stoppedWhy } from "./active.ts";
import { attemptLines, endedWhen, failedLines, moduleLines, shellLines } from "./explain-failure.ts";
import { serviceLines } from "./services.ts";
import type { Holders } from "./shortage.ts";
import { longWait } from "./wait.ts";

/** Why a task waits, or why it ended as it did, and what to do; the verdict comes first. */
export function explainTask(
  task: Task,
  around: {
    readonly nowMs: number;
    readonly waits: readonly Wait[];
    readonly holders: Holders;
    /** What its preparation says of itself. */
    readonly preparation?: string | null;
    readonly lastOutput?: LastOutput | null;
  },
): string[] {
  const { metadata, status } = task;
  const { nowMs, preparation = null, lastOutput = null } = around;
  if (isActive(status.state)) return activeLines(task, { nowMs, preparation, lastOutput });
  switch (status.state) {
    case "queued": {
      const wait = around.waits.flatMap((one) => longWait(one, { ...around, id: String(metadata.number) }));
      const last = status.attempts.at(-1);
      const why = last === undefined ? "" : whyFailed(task);
      const before = why === "" ? [] : [`Attempt ${last?.number} failed: ${why}`];
      const attempts = attemptLines(status.attempts, task, nowMs);
      return [`${metadata.id} is queued.`, ...wait, ...before, ...attempts];
    }
    case "completed": {
      const last = lastEnded(task);
      const took = last === null ? "" : ` after ${formatDuration(last.durationMs)}`;
      const stopped = stoppedWhy(task);
      const tries = status.attempt > 1 ? `, on attempt ${status.attempt}` : "";
      return [
        `${metadata.name} ${stopped === null ? "succeeded" : "ended"}${took}${tries}${stopped === null ? "" : `: ${stopped}`}`,
        idLine(task, nowMs),
        ...shellLines(task),
        ...moduleLines(task),
      ];
    }
    case "cancelled":
      return [
        `${metadata.name} was ${status.message.startsWith("cancelled") ? "" : "cancelled: "}${status.message}`,
        idLine(task, nowMs),
        `Run it again: stint retry ${metadata.number}`,
      ];
    case "failed":
      return failedLines(task, nowMs, lastOutput);
  }
}

function idLine(task: Task, nowMs: number): string {
  return `  ${task.metadata.id}${endedWhen(task, nowMs)}`;
}

function activeLines(
  task: Task,
  of: {
    readonly nowMs: number;
    readonly preparation: string | null;
    readonly lastOutput: LastOutput | null;
  },
): string[] {
  const { metadata, status } = task;
  const { nowMs, lastOutput } = of;
  const { number, claimedAt, stop, paused } = openAttempt(task) ?? {};
  const since =
    claimedAt === undefined ? "" : `, attempt ${number}, started ${relativeTime(claimedAt, nowMs)}`;
  const preparation = preparationInWords(task, of.preparation);
  const why = preparation === null ? "" : ` (${preparation})`;
  const lines = [`${metadata.id} is ${status.state}${why}${since}.`];
  if (isCollecting(task))
    lines.push(
      "Its program has ended; its artifacts and other results are collected. It holds no CPU, memory or GPU.",
    );
  if (paused !== undefined)
    lines.push(
      `Paused ${relativeTime(paused.at, nowMs)} by ${paused.actor}. Its timeout is paused too; its resources ${paused.releases === true ? "are released" : "stay reserved"}.`,
      `Resume it: stint resume ${metadata.number}`,
    );
  lines.push(...serviceLines(task, nowMs));
  if (stop !== undefined)
    lines.push(`It is ${stopInWords(stop)}, requested ${relativeTime(stop.requestedAt, nowMs)}.`);
  return [
    ...lines,
    ...(paused === undefined ? outputLines(lastOutput, nowMs) : []),
    ...attemptLines(status.attempts, task, nowMs),
  ];
}

/** What a running job wrote last: one that hangs has been silent for long. */
function outputLines(lastOutput: LastOutput | null, nowMs: number): string[] {
  if (lastOutput === null) return [];
  if (lastOutput.atMs === null) return ["It has written no output yet."];
  const when = relativeTime(Math.min(lastOutput.atMs, nowMs), nowMs);
  return ["", `Last output, ${when}:`, ...lastOutput.lines.map((line) => `  | ${line}`)];
}
