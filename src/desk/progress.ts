import { join } from "node:path";
import { maskOf } from "../daemon/jobs/secrets.ts";
import { ATTEMPT_FILES } from "../model/attempt-files.ts";
import type { JobProgress } from "../model/progress.ts";
import { openAttempt, type Task } from "../model/task.ts";
import type { BarProgress } from "../run/bar-shapes.ts";
import { lastProgress } from "../run/last-progress.ts";
import { readWindow } from "../run/log.ts";
import { outputFiles } from "../run/output.ts";
import { progressIn } from "../run/progress-bars.ts";
import type { Layout } from "../store/layout.ts";
import type { Caller } from "./caller.ts";
import { inheritable } from "./inheritable.ts";

/** Room for a few hundred states of a bar, or an epoch of Keras, which writes its head once. */
const LOG_BYTES = 16 * 1_024;
const MAX_MESSAGE = 60;

/** A running job's progress, and where it was read. */
export interface ProgressSeen extends BarProgress {
  readonly source: "event" | "log";
}

/**
 * How far a running job is: as it told by a PROGRESS event, else by the last bar or counter in its log. Null where it does not say, and
 * for all other tasks. Costs two bounded reads, whatever the job has written.
 */
export function progressOf(
  caller: Pick<Caller, "env" | "clock">,
  layout: Layout,
  task: Task,
): ProgressSeen | null {
  const attempt = openAttempt(task);
  if (attempt === null || task.status.state !== "running") return null;
  const folder = layout.attempt(task.metadata.id, attempt.number);
  const told = lastProgress(join(folder, ATTEMPT_FILES.events));
  const found =
    told === null
      ? barIn(outputFiles(folder, task.spec.logs.separate))
      : { ...asBar(told, caller.clock.now()), source: "event" as const };
  if (found === null || found.message === "") return found;
  // The values of secrets are looked up only where there is a text that may hold one.
  const message = maskOf(layout, task, inheritable(caller.env)).text(found.message);
  // What stands next to the bar tells most.
  return { ...found, message: message.length > MAX_MESSAGE ? `…${message.slice(1 - MAX_MESSAGE)}` : message };
}

function asBar({ percent, step, total, etaMs, text, at }: JobProgress, nowMs: number): BarProgress {
  const count = step === undefined ? "" : `step ${step}${total === undefined ? "" : `/${total}`}`;
  const agoMs = at === undefined ? 0 : Math.max(0, nowMs - Date.parse(at));
  return {
    percent: percent ?? null,
    message: text ?? count,
    leftMs: etaMs === undefined ? null : Math.max(0, etaMs - agoMs),
  };
}

/** Bars go to stderr, where it has a log of its own. */
function barIn(paths: readonly string[]): ProgressSeen | null {
  for (const path of paths.toReversed()) {
    const found = progressIn(readWindow(path, LOG_BYTES, (text) => text).text);
    if (found !== null) return { ...found, source: "log" };
  }
  return null;
}
