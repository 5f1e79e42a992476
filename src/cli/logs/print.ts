import { statSync } from "node:fs";
import { counted } from "../../lib/counted.ts";
import { asLines } from "../../lib/printable.ts";
import { failureOfAttempt } from "../../model/attempt.ts";
import { EXIT, type Problem, problem } from "../../model/errors.ts";
import type { Task } from "../../model/task.ts";
import type { Layout } from "../../store/layout.ts";
import type { Ended } from "../command-line/declare.ts";
import type { Context } from "../context.ts";
import { hasStarted, LogReader, logFiles, maskedOutputs } from "../follow.ts";
import type { LogView } from "./shown-log.ts";

/** What is shown of a log. */
export interface LogChoice {
  readonly attempt?: number | undefined;
  /** How the logs of a task are shown. */
  readonly view: (task: Task) => LogView;
  /** Only the paths of the log's files. */
  readonly path?: true | undefined;
}

const BUSY_MS = 10;

/** The number of the attempt that is wanted; the problem where there is none yet. */
export function attemptOf(task: Task, wanted: number | undefined): number | Problem {
  const { attempt: last } = task.status;
  const attempt = wanted ?? last;
  if (attempt >= 1 && attempt <= last) return attempt;
  const { id, number } = task.metadata;
  if (last === 0)
    return problem(
      "NOT_FOUND",
      `Cannot show the log of "${id}": it has not started yet`,
      `why it waits: stint explain ${number}`,
    );
  const message = `Cannot show attempt ${attempt} of "${id}": it has ${counted(last, "attempt")}`;
  return problem("NOT_FOUND", message);
}

/** Prints the log of one attempt as it is now. */
export async function printLog(
  context: Context,
  layout: Layout,
  { task, choice }: { readonly task: Task; readonly choice: LogChoice },
): Promise<Ended> {
  const attempt = attemptOf(task, choice.attempt);
  if (typeof attempt !== "number") return attempt;
  const files = logFiles(layout, task, attempt);
  if (files.length === 0) return withoutLogs(context, layout, { task, attempt });
  if (choice.path) {
    context.out(asLines(files));
    return EXIT.done;
  }
  const open = maskedOutputs(context, layout, { task, view: choice.view(task) });
  using reader = new LogReader(layout, { task, attempt, open });
  // Ends at the size that the log has now: a job that writes all the time would never let it end.
  let left = files.reduce((total, path) => total + statSync(path).size, 0);
  for (;;) {
    const bytes = reader.read(task, context.err);
    left -= bytes;
    if (left <= 0 || (bytes === 0 && !reader.isWaiting) || context.outputEnd() !== null) break;
    if (reader.isWaiting) await Bun.sleep(BUSY_MS);
  }
  reader.end();
  return EXIT.done;
}

/** An attempt that did not start has no log; of one that started, it was removed. */
function withoutLogs(
  context: Context,
  layout: Layout,
  { task, attempt }: { task: Task; attempt: number },
): Ended {
  const { id, number } = task.metadata;
  const found = task.status.attempts.find((one) => one.number === attempt);
  if (!hasStarted(found)) {
    const failure = failureOfAttempt(found);
    const why = failure === null ? " yet" : `: ${failure.error}`;
    context.err(asLines([`No output: attempt ${attempt} did not start${why}`]));
    return EXIT.done;
  }
  return problem(
    "NOT_FOUND",
    `Cannot show the log of attempt ${attempt} of "${id}": it is gone from "${layout.attempt(id, attempt)}", moved or removed`,
    found !== undefined && "logTail" in found
      ? `its last lines are on record: stint show ${number}`
      : undefined,
  );
}
