import { err, type Result } from "../lib/result.ts";
import type { TaskId } from "../model/identity.ts";
import { openAttempt, type Task } from "../model/task.ts";
import { trackerAsked } from "../model/tracking.ts";
import { workFolder } from "../model/work-folder.ts";
import { environmentOfKind } from "../run/environment.ts";
import { readSources } from "../run/secrets.ts";
import { type OfflineRun, syncRun, unsyncedRuns } from "../run/tracking/wandb-sync.ts";
import { readEnvironment } from "../store/environments.ts";
import type { Layout } from "../store/layout.ts";

type Variables = Readonly<Record<string, string>>;

/** The checkout of the job's code may hold the runs of others. */
const NOT_SEARCHED = ["code"];

/** Of the caller, where the job has none: a key is often given for the moment. */
const FOR_ACCESS = ["WANDB_API_KEY", "WANDB_BASE_URL"];

/** An offline run of a task that W&B has not got yet. */
export interface WandbRunLeft {
  readonly task: Task;
  readonly id: TaskId;
  readonly attempt: number;
  readonly run: OfflineRun;
}

/** True for a task that has W&B by its `tracking:`, and has run. */
export function mayHaveRuns({ spec, status }: Task): boolean {
  return status.attempt > 0 && trackerAsked(spec.tracking, "wandb") !== null;
}

/** The runs of the ended attempts of a task that are not synced. */
export function runsLeft(layout: Layout, task: Task): WandbRunLeft[] {
  const { id } = task.metadata;
  // A job that writes still would go on after the part that was sent.
  const open = openAttempt(task)?.number;
  const numbers = Array.from({ length: task.status.attempt }, (_, at) => at + 1);
  return numbers
    .filter((number) => number !== open)
    .flatMap((attempt) =>
      unsyncedRuns(layout.attempt(id, attempt), NOT_SEARCHED).map((run) => ({ task, id, attempt, run })),
    );
}

/** Sends a run with the variables of its job; the error is a clause. */
export async function sync(
  layout: Layout,
  left: WandbRunLeft,
  { caller, timeoutMs }: { readonly caller: Variables; readonly timeoutMs: number },
): Promise<Result<null, string>> {
  const { task, id, attempt, run } = left;
  const { kind } = task.spec;
  const { environment: hash } = task.metadata;
  const captured = hash === undefined ? caller : readEnvironment(layout, hash);
  if (captured === null) return err("the captured environment of its task is gone");
  const sources = readSources(kind.envFrom ?? [], captured);
  if (!sources.ok) return sources;
  const { environment } = environmentOfKind(kind, { captured, sources: sources.value });
  const given = FOR_ACCESS.flatMap((name) => {
    const value = caller[name];
    return value === undefined ? [] : [[name, value]];
  });
  const env = { ...Object.fromEntries(given), ...environment };
  const cwd = workFolder(task, layout.attempt(id, attempt));
  return syncRun(run, { running: { mode: kind.mode, cwd, env }, timeoutMs });
}
