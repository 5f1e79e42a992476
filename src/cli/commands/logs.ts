import { statSync } from "node:fs";
import { maskOf } from "../../daemon/jobs/secrets.ts";
import { homePath } from "../../desk/home.ts";
import { inheritable } from "../../desk/inheritable.ts";
import { findTask } from "../../desk/select.ts";
import { asLines } from "../../lib/printable.ts";
import { readRegularFile } from "../../lib/regular-file.ts";
import { failureOfAttempt } from "../../model/attempt.ts";
import { EXIT, type Problem, problem } from "../../model/errors.ts";
import { isTerminal } from "../../model/state.ts";
import type { Task } from "../../model/task.ts";
import { openHome } from "../../store/home.ts";
import type { Layout } from "../../store/layout.ts";
import { readTask } from "../../store/reader.ts";
import { declareVerb, type Ended, type FlagValues } from "../command-line/declare.ts";
import { wholeNumber } from "../command-line/values.ts";
import type { Context } from "../context.ts";
import { hasStarted, LogReader, logFiles, maskedOutput } from "../follow.ts";
import { Interruption } from "../interruption.ts";
import { lastLines } from "../last-lines.ts";

const FLAGS = {
  follow: { short: "f", help: "follow the output until the task has ended, across attempts" },
  attempt: { value: wholeNumber(1), help: "the log of this attempt (default: the last one)" },
  tail: { value: wholeNumber(), short: "n", aliases: ["lines"], help: "only the last N lines" },
  raw: { help: "unfiltered, to a terminal too" },
  path: { excludes: ["follow", "tail", "raw"], help: "only print the path of the log" },
} as const;

type Flags = FlagValues<typeof FLAGS>;

const FOLLOW_MS = 100;
const FOLLOW_BUSY_MS = 10;

export const verb = declareVerb({
  operands: [
    {
      name: "TASK",
      count: "one",
      help: "the number, id or name of a task, or @ (the last submitted)",
      completes: { eligible: ({ status }) => status.attempt > 0 },
    },
  ],
  flags: FLAGS,
  notes:
    "On a terminal, escape sequences other than those of colours and progress bars are left out; a file or a pipe gets everything.",
  run: async ({ context, flags, operands: [reference = ""] }) => {
    const shown = flags.raw === true ? { ...context, outOfJob: context.outRaw } : context;
    const home = openHome(homePath(context));
    if (!home.ok) return home.error;
    const found = findTask(home.value, reference);
    if (!found.ok) return found.error;
    const called = { task: found.value, flags };
    return flags.follow ? follow(shown, home.value, called) : print(shown, home.value, called);
  },
});

function attemptOf(task: Task, { attempt: wanted }: Flags): number | Problem {
  const { attempt: last } = task.status;
  const attempt = wanted ?? last;
  if (attempt >= 1 && attempt <= last) return attempt;
  const { id } = task.metadata;
  if (last === 0)
    return problem(
      "NOT_FOUND",
      `Cannot show the log of "${id}": it has not started yet`,
      `why it waits: stint explain ${id}`,
    );
  return problem("NOT_FOUND", `Cannot show attempt ${attempt} of "${id}": wanted a number from 1 to ${last}`);
}

async function print(
  context: Context,
  layout: Layout,
  { task, flags }: { task: Task; flags: Flags },
): Promise<Ended> {
  const attempt = attemptOf(task, flags);
  if (typeof attempt !== "number") return attempt;
  const files = logFiles(layout, task, attempt);
  if (files.length === 0) return withoutLogs(context, layout, { task, attempt });
  if (flags.path) {
    context.out(asLines(files));
    return EXIT.done;
  }
  if (flags.tail !== undefined) {
    const mask = maskOf(layout, task, inheritable(context.env));
    for (const file of files)
      context.outOfJob(Buffer.from(lastLines(mask.text(readRegularFile(file)), flags.tail)));
    return EXIT.done;
  }
  const output = maskedOutput(context, layout, task);
  using reader = new LogReader(layout, { task, attempt });
  // Ends at the size that the log has now: a job that writes all the time would never let it end.
  let left = files.reduce((total, path) => total + statSync(path).size, 0);
  for (;;) {
    const bytes = reader.read(task, { output, say: context.err });
    left -= bytes;
    if (left <= 0 || (bytes === 0 && !reader.isWaiting) || context.outputEnd() !== null) break;
    if (reader.isWaiting) await Bun.sleep(FOLLOW_BUSY_MS);
  }
  output.end();
  return EXIT.done;
}

/** An attempt that did not start has no log; of one that started, it was removed. */
function withoutLogs(
  context: Context,
  layout: Layout,
  { task, attempt }: { task: Task; attempt: number },
): Ended {
  const { id } = task.metadata;
  const found = task.status.attempts.find(({ number }) => number === attempt);
  if (!hasStarted(found)) {
    const failure = found === undefined ? null : failureOfAttempt(found);
    const why = failure === null ? " yet" : `: ${failure.error}`;
    context.err(asLines([`No output: attempt ${attempt} did not start${why}`]));
    return EXIT.done;
  }
  return problem(
    "NOT_FOUND",
    `Cannot show the log of attempt ${attempt} of "${id}": it is gone from "${layout.attempt(id, attempt)}", moved or removed`,
    found !== undefined && "logTail" in found ? `its last lines are on record: stint show ${id}` : undefined,
  );
}

/** Follows the output across attempts until the task has ended. */
async function follow(
  context: Context,
  layout: Layout,
  { task, flags }: { task: Task; flags: Flags },
): Promise<Ended> {
  // The first attempt is waited for; to name a later one that does not exist yet is an error.
  const isAhead = flags.attempt !== undefined && flags.attempt > Math.max(1, task.status.attempt);
  const checked = isAhead ? attemptOf(task, flags) : task.status.attempt;
  if (typeof checked !== "number") return checked;
  const output = maskedOutput(context, layout, task);
  let attempt = Math.max(1, flags.attempt ?? task.status.attempt);
  const { tail } = flags;
  let reader = new LogReader(layout, { task, attempt, ...(tail !== undefined && { tail }) });
  const interruption = new Interruption(context);
  for (;;) {
    const read = readTask(layout, task.metadata.id);
    if (!read.ok) return problem("NOT_FOUND", `Cannot follow "${task.metadata.id}": it is gone`);
    // The record is read before the log, so that no output from before the end is missed.
    const bytes = reader.read(read.value, { output, say: context.err });
    const isBehind = read.value.status.attempt > attempt;
    if (flags.attempt === undefined && isBehind) {
      output.end();
      reader[Symbol.dispose]();
      attempt += 1;
      context.err(`--- attempt ${attempt} ---\n`);
      reader = new LogReader(layout, { task: read.value, attempt });
      continue;
    }
    if (isTerminal(read.value.status.state) || isBehind || context.outputEnd() !== null) {
      output.end();
      return EXIT.done;
    }
    if (interruption.exit !== null) {
      output.end();
      return interruption.exit;
    }
    // After new output the next read comes soon: what is cut from the log before that is never shown.
    await Bun.sleep(bytes > 0 ? FOLLOW_BUSY_MS : FOLLOW_MS);
  }
}
