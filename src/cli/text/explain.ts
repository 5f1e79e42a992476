import { relativeTime } from "../../desk/text/time.ts";
import { failureOfAttempt } from "../../model/attempt.ts";
import { className, failureEntry } from "../../model/failure.ts";
import type { Task } from "../../model/task.ts";
import type { Wait } from "../../plan/waiting.ts";
import type { Holders } from "./shortage.ts";
import { longWait } from "./wait.ts";

/** Why a task waits, or why it ended as it did, and what to do: one sentence per line. */
export function explainTask(
  task: Task,
  around: { readonly nowMs: number; readonly wait: Wait | null; readonly holders: Holders },
): string[] {
  const { metadata, status } = task;
  const head = `${metadata.id} is ${status.state}`;
  const last = status.attempts.at(-1);
  switch (status.state) {
    case "queued": {
      const before = last === undefined ? [] : failureLines(task, { hasAdvice: false });
      const wait =
        around.wait === null ? [] : longWait(around.wait, { ...around, id: String(metadata.number) });
      return [`${head}${status.reason === undefined ? "" : ` (${status.reason})`}.`, ...wait, ...before];
    }
    case "completed":
      return [
        `${head}: it succeeded ${relativeTime(status.endedAt, around.nowMs)}, on attempt ${status.attempt}.`,
      ];
    case "cancelled":
      return [`${head}: ${status.message}.`, `To run it after all: stint retry ${metadata.number}`];
    case "failed":
      return [
        `${head} (${status.reason}): ${status.message}.`,
        ...failureLines(task, { hasAdvice: true }),
        `Its log: stint logs ${metadata.number}`,
      ];
    case "preparing":
    case "running":
    case "serving":
    case "stopping":
    case "collecting":
    case "orphaned": {
      const since =
        last === undefined
          ? ""
          : `, attempt ${last.number} since ${relativeTime(last.claimedAt, around.nowMs)}`;
      const stop = last?.state === "running" ? last.stop : undefined;
      const stopping =
        stop === undefined
          ? []
          : [
              `It is being stopped (${stop.reason}), requested by ${stop.actor} ${relativeTime(stop.requestedAt, around.nowMs)}.`,
            ];
      const pause = last?.state === "running" ? last.paused : undefined;
      const paused =
        pause === undefined
          ? []
          : [
              `It was paused ${relativeTime(pause.at, around.nowMs)} by ${pause.actor}; its timeout is paused too, and its resources ${pause.releases === true ? "are released" : "stay reserved"}.`,
              `To resume it: stint resume ${metadata.number}`,
            ];
      const why = status.state === "preparing" && status.reason !== undefined ? ` (${status.reason})` : "";
      return [`${head}${why}${since}.`, ...paused, ...stopping];
    }
  }
}

function failureLines(task: Task, { hasAdvice }: { hasAdvice: boolean }): string[] {
  const last = task.status.attempts.at(-1);
  const failure = last === undefined ? null : failureOfAttempt(last);
  if (last === undefined || failure === null) return [];
  const entry = failureEntry(failure.code);
  const lines = [
    `Attempt ${last.number} failed with ${failure.code} (${className(failure.class)}): ${failure.error}.`,
    `That means: ${entry.meaning}. Decided by rule ${failure.rule}.`,
  ];
  if (hasAdvice) lines.push(`What to do: ${entry.advice}.`);
  return lines;
}
