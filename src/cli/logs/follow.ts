import { EXIT, type Problem, problem } from "../../model/errors.ts";
import { isTerminal } from "../../model/state.ts";
import type { Task } from "../../model/task.ts";
import type { Layout } from "../../store/layout.ts";
import { readTask } from "../../store/reader.ts";
import type { Ended } from "../command-line/declare.ts";
import type { Context } from "../context.ts";
import { LogReader, maskedOutputs } from "../follow.ts";
import { Interruption } from "../interruption.ts";
import type { Headings } from "./headings.ts";
import { isUnstarted, LaterTasks } from "./later-tasks.ts";
import { attemptOf, type LogChoice } from "./print.ts";

const POLL_MS = 100;
const BUSY_MS = 10;

/** Follows the output of tasks across attempts until all have ended. */
export async function followLogs(
  context: Context,
  layout: Layout,
  of: { readonly tasks: readonly Task[]; readonly choice: LogChoice; readonly headings: Headings },
): Promise<Ended> {
  let open: Following[] = [];
  const later = new LaterTasks(layout, of.tasks.length > 1 ? of.tasks.filter(isUnstarted) : []);
  const begin = (task: Task): Following =>
    following(of.headings.under(task), layout, { task, choice: of.choice });
  for (const task of of.tasks) {
    if (later.has(task)) continue;
    // The first attempt is waited for; to name a later one that does not exist yet is an error.
    const { attempt } = of.choice;
    const isAhead = attempt !== undefined && attempt > Math.max(1, task.status.attempt);
    const checked = isAhead ? attemptOf(task, attempt) : task.status.attempt;
    if (typeof checked !== "number") return checked;
    open.push(begin(task));
  }
  const interruption = new Interruption(context);
  context.onSuspend();
  for (;;) {
    let total = 0;
    const going: Following[] = [];
    open.push(...later.started().map(begin));
    for (const one of open) {
      const bytes = one.read();
      if (bytes === null) continue;
      if (typeof bytes === "object") return bytes;
      total += bytes;
      going.push(one);
    }
    open = going;
    const isOff = interruption.exit !== null || context.outputEnd() !== null;
    if (isOff) for (const one of open) one.end();
    if (isOff || (open.length === 0 && later.isEmpty)) return interruption.exit ?? EXIT.done;
    // After new output the next read comes soon: what is cut from the log before that is never shown.
    await Bun.sleep(total > 0 ? BUSY_MS : POLL_MS);
  }
}

interface Following {
  /** Writes what is new, and returns the number of bytes; null at the end of the task, or of the attempt. */
  read(): number | null | Problem;
  end(): void;
}

/** The output of one task, from one attempt to the next, or of the one attempt that is chosen. */
function following(
  context: Context,
  layout: Layout,
  { task, choice: { attempt: chosen, view } }: { readonly task: Task; readonly choice: LogChoice },
): Following {
  const { id } = task.metadata;
  const shown = view(task);
  let attempt = Math.max(1, chosen ?? task.status.attempt);
  let reader = new LogReader(layout, {
    task,
    attempt,
    open: maskedOutputs(context, layout, { task, view: shown }),
  });
  const end = (): void => {
    reader.end();
    reader[Symbol.dispose]();
  };
  const read = (): number | null | Problem => {
    for (;;) {
      const found = readTask(layout, id);
      if (!found.ok) return problem("NOT_FOUND", `Cannot follow "${id}": it is gone`);
      // The record is read before the log, so that no output from before the end is missed.
      const bytes = reader.read(found.value, context.err);
      const isBehind = found.value.status.attempt > attempt;
      if (!isTerminal(found.value.status.state) && !isBehind) return bytes;
      end();
      if (chosen !== undefined || !isBehind) return null;
      attempt += 1;
      context.err(`--- attempt ${attempt} ---\n`);
      // A later attempt is shown from its beginning.
      const open = maskedOutputs(context, layout, { task, view: { ...shown, tail: undefined } });
      reader = new LogReader(layout, { task: found.value, attempt, open });
    }
  };
  return { read, end };
}
