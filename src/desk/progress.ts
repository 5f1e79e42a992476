import { maskOf } from "../daemon/jobs/secrets.ts";
import { openAttempt, type Task } from "../model/task.ts";
import type { BarProgress } from "../run/bar-shapes.ts";
import { readWindow } from "../run/log.ts";
import { outputFiles } from "../run/output.ts";
import { progressIn } from "../run/progress-bars.ts";
import type { Layout } from "../store/layout.ts";
import type { Caller } from "./caller.ts";
import { inheritable } from "./inheritable.ts";

/** Room for a few hundred states of a bar, or an epoch of Keras, which writes its head once. */
const LOG_BYTES = 16 * 1_024;

/** A running job's progress, and where it was read. */
export interface ProgressSeen extends BarProgress {
  readonly source: "event" | "log";
}

/** How far a running job is; null where it does not say, and for all other tasks. Costs a bounded read, whatever the job has written. */
export function progressOf(caller: Pick<Caller, "env">, layout: Layout, task: Task): ProgressSeen | null {
  const attempt = openAttempt(task);
  if (attempt === null || task.status.state !== "running") return null;
  const folder = layout.attempt(task.metadata.id, attempt.number);
  return progressInLogs(folder, task, (text) => maskOf(layout, task, inheritable(caller.env)).text(text));
}

/** Bars go to stderr, where it has a log of its own. */
function progressInLogs(folder: string, task: Task, hide: (text: string) => string): ProgressSeen | null {
  for (const path of outputFiles(folder, task.spec.logs.separate).toReversed()) {
    const { text } = readWindow(path, LOG_BYTES, (all) => all);
    const found = progressIn(text);
    // The values of secrets are looked up only where there is something to hide them in.
    if (found !== null) return { ...(progressIn(hide(text)) ?? found), source: "log" };
  }
  return null;
}
