import { basename, extname } from "node:path";
import type { SubmissionContext } from "../../intake/candidate.ts";
import { renderDiagnostic } from "../../intake/diagnostic.ts";
import { readTaskOrScript } from "../../intake/script/task-or-script.ts";
import { readTaskFile } from "../../intake/task-text.ts";
import type { Clock } from "../../lib/clock.ts";
import { err, type Result } from "../../lib/result.ts";
import { type Problem, problem } from "../../model/errors.ts";
import { nameFrom, type TaskId } from "../../model/identity.ts";
import type { Draft } from "../../model/submission.ts";
import type { Task } from "../../model/task.ts";
import { newBatch, stageBatch } from "../../store/batch.ts";
import { definitionReader } from "../../store/definitions.ts";
import { tryFs } from "../../store/fs-errors.ts";
import type { Layout } from "../../store/layout.ts";
import { noteNames } from "../../store/names.ts";
import type { AtMessage } from "../reader-process.ts";
import { leftWithCode } from "./code.ts";
import { tasksFor } from "./enqueue.ts";
import { machineOf, type OrderSetting } from "./order.ts";
import { QueueView } from "./queue-view.ts";

/** A file that was taken out of an inbox, and where it came from. */
export interface TakenFile {
  /** The path that it has now. */
  readonly path: string;
  /** The name that it had. */
  readonly file: string;
  readonly directory: string;
}

/** The process that reads. */
export interface ReaderSetting {
  readonly clock: Clock;
  readonly env: Readonly<Record<string, string>>;
}

/** An order to stage the tasks of some files as one batch, and to commit nothing. */
export interface FilesOrder extends OrderSetting {
  readonly kind: "files";
  readonly batch: string;
  readonly files: readonly TakenFile[];
}

/** What the reader of files reports, a line of JSON each; files by their places in the order. */
export type FilesMessage =
  | AtMessage
  | { readonly type: "refused"; readonly file: number; readonly problem: Problem }
  /** Of the file, some tasks are not queued, as others do their work or have done it. */
  | { readonly type: "same"; readonly file: number; readonly ids: readonly TaskId[] }
  /** It is over; what was neither refused nor staged was not looked at. */
  | { readonly type: "staged"; readonly files: readonly number[] }
  | { readonly type: "failed"; readonly problem: Problem };

/** So many tasks are enough for one batch: what comes behind is for the next. */
const MAX_TASKS = 1_000;

/** Reads files and stages what they ask for. It may take as long as it takes: a process of its own does it. */
export async function readFiles(
  layout: Layout,
  order: FilesOrder,
  { clock, env, tell }: ReaderSetting & { readonly tell: (told: FilesMessage) => void },
): Promise<void> {
  const tasks: Task[] = [];
  const staged: number[] = [];
  const seen = new QueueView(layout);
  let left = [...order.files.keys()];
  while (left.length > 0 && tasks.length < MAX_TASKS) {
    const before = staged.length;
    const refused = new Map<number, Problem>();
    for (const file of left) {
      if (tasks.length >= MAX_TASKS) break;
      tell({ type: "at", file });
      const made = await readFile(layout, { order, file, clock, env, seen, tell });
      if (!made.ok) {
        refused.set(file, made.error);
        continue;
      }
      staged.push(file);
      seen.add(made.value);
      for (const task of made.value) tasks.push(task);
    }
    // What one waits for may have come with another one that stood behind it.
    const isAgain = staged.length > before;
    left = [];
    for (const [file, found] of refused) {
      if (isAgain && found.code === "INVALID_DEPENDENCY") left.push(file);
      else tell({ type: "refused", file, problem: found });
    }
  }
  tell({ type: "at", file: null });
  const taken = staged.map((file) => order.files[file]?.path ?? "");
  const done = tryFs("queue the tasks", () => {
    // Also where nothing is left of them, as their work is done: the batch stands for the files.
    if (staged.length === 0) return;
    stageBatch(layout, order.batch, { tasks, taken });
    const ids = tasks.map(({ metadata }) => metadata.id);
    noteNames(layout, ids);
  });
  tell(done.ok ? { type: "staged", files: staged } : { type: "failed", problem: done.error });
}

async function readFile(
  layout: Layout,
  of: ReaderSetting & {
    readonly order: FilesOrder;
    readonly file: number;
    readonly seen: QueueView;
    readonly tell: (told: FilesMessage) => void;
  },
): Promise<Result<Task[], Problem>> {
  const { order, file, clock, env, seen, tell } = of;
  const taken = order.files[file];
  if (taken === undefined) throw new Error(`there is no file ${file} in the order`);
  const drafts = readTaken(taken, order, { nowMs: clock.now(), definition: definitionReader(layout) });
  if (!drafts.ok) return drafts;
  // What a snapshot lacks is on record.
  const found = await leftWithCode(drafts.value, seen, { layout, env, clock, tell: () => {} });
  if (!found.ok)
    return found.error.code === "NO_SNAPSHOT" ? err(refusal(taken.file, found.error.message)) : found;
  const { left, code } = found.value;
  const { controllers, createdBy } = order;
  const made = tasksFor(layout, left.drafts, {
    // The tasks of a file belong together, whatever else is accepted in the same moment.
    batch: newBatch(),
    clock,
    machine: machineOf(order),
    controllers,
    createdBy,
    source: "inbox",
    seen,
    code,
  });
  if (made.ok && left.same.length > 0) tell({ type: "same", file, ids: left.same.map(({ id }) => id) });
  return made;
}

function readTaken(
  { path, file, directory }: TakenFile,
  { userHome, defaults }: FilesOrder,
  { nowMs, definition }: Pick<SubmissionContext, "nowMs" | "definition">,
): Result<Draft[], Problem> {
  const text = readTaskFile(path);
  if (!text.ok) return err(refusal(file, text.error));
  const name = nameFrom(basename(file, extname(file)));
  const context = {
    file,
    defaultCwd: userHome,
    home: userHome,
    defaultName: name,
    dataFolder: directory,
    nowMs,
    defaults,
    definition,
  };
  const read = readTaskOrScript(text.value, context);
  if (read.ok) return read;
  return err(refusal(file, `nothing was queued\n\n${read.error.map(renderDiagnostic).join("\n\n")}`));
}

/** Why a file is returned to its inbox. */
export function refusal(file: string, reason: string | undefined): Problem {
  return problem("INVALID_TASK_FILE", `Cannot queue "${file}": ${reason ?? "it is not a task file"}`);
}
