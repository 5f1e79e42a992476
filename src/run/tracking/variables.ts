import { join } from "node:path";
import { own } from "../../lib/own.ts";
import { containerOf } from "../../model/kind.ts";
import { openAttempt, type Task } from "../../model/task.ts";
import { ATTEMPT_TAG, attemptTag } from "../../model/tracker-tags.ts";
import { type TrackingFound, trackerAsked, type WandbAsked } from "../../model/tracking.ts";

type Variables = Readonly<Record<string, string>>;

/** W&B refuses longer tags. */
const MAX_TAG = 64;

/** Where a job keeps its files of TensorBoard, in the folder of its attempt: they stay like artifacts. */
function tensorboardFolder(run: string): string {
  return join(run, "tensorboard");
}

/** A tracking URI, as clients of MLflow want it. */
export function mlflowUri(store: string, folder: string): string {
  return store === "local" ? `sqlite:///${join(folder, "mlflow.db")}` : store;
}

/** The variables of a task's trackers for its open attempt, below all that the task itself sets; `run` is the attempt's folder, in the job. */
export function trackerVariables(
  task: Task,
  { run, folder }: { readonly run: string; readonly folder: string },
): Record<string, string> {
  const { tracking } = task.spec;
  const wandb = trackerAsked(tracking, "wandb");
  const mlflow = trackerAsked(tracking, "mlflow");
  const board = tensorboardFolder(run);
  return {
    ...(trackerAsked(tracking, "tensorboard") !== null && {
      STINT_TENSORBOARD_DIR: board,
      // transformers and accelerate read it; TensorBoard itself reads no variable.
      TENSORBOARD_LOGGING_DIR: board,
    }),
    ...(wandb !== null && wandbVariables(task, { wandb, run })),
    ...(mlflow !== null &&
      reachesStore(task) && {
        MLFLOW_TRACKING_URI: mlflowUri(mlflow.mode, folder),
        MLFLOW_RUN_CONTEXT: JSON.stringify(mlflowTags(task)),
        // The id of the experiment, which is known once it exists, does not reach a container.
        ...(containerOf(task.spec.kind) !== null && {
          MLFLOW_EXPERIMENT_NAME: mlflow.experiment ?? titleOfWork(task),
        }),
      }),
  };
}

/** False for a container that asks for the local store, which is not in it. */
export function reachesStore({ spec }: Task): boolean {
  return containerOf(spec.kind) === null || trackerAsked(spec.tracking, "mlflow")?.mode !== "local";
}

/** The name of the sweep of a task, else its own: its experiment where it names none. */
export function titleOfWork({ metadata }: Task): string {
  return metadata.group?.name ?? metadata.name;
}

/** What groups the members of a sweep; undefined for another task. */
export function sweepKeyOf({ metadata: { group } }: Task): string | undefined {
  return group === undefined ? undefined : `${group.name}-${group.id}`;
}

function noteOf(task: Task): string {
  const { id } = task.metadata;
  const values = Object.entries(task.metadata.group?.values ?? {}).map(([name, value]) => `${name}=${value}`);
  const which = `attempt ${openAttempt(task)?.number ?? 0} of ${id}`;
  return values.length === 0 ? which : `${which}: ${values.join(" ")}`;
}

/** The tags of every run of an attempt. */
export function mlflowTags(task: Task): Record<string, string> {
  return {
    "stint.task": task.metadata.id,
    [ATTEMPT_TAG]: attemptTag(task.metadata.id, openAttempt(task)?.number ?? 0),
    "mlflow.runName": task.metadata.name,
    "mlflow.note.content": noteOf(task),
  };
}

/** Of all attempts of a task. No character of a task's id is refused by W&B. */
function wandbId(task: Task): string {
  return task.metadata.id;
}

function wandbVariables(
  task: Task,
  { wandb, run }: { readonly wandb: WandbAsked; readonly run: string },
): Variables {
  if (wandb.mode === "disabled") return { WANDB_MODE: "disabled" };
  const { labels } = task.metadata;
  const sweep = sweepKeyOf(task);
  const tags = Object.entries(labels).map(([name, value]) => (value === "" ? name : `${name}=${value}`));
  const fitting = tags.filter((tag) => tag.length <= MAX_TAG && !tag.includes(","));
  return {
    WANDB_MODE: wandb.mode,
    // wandb makes a folder "wandb" in it.
    WANDB_DIR: run,
    ...(wandb.project !== undefined && { WANDB_PROJECT: wandb.project }),
    ...(wandb.entity !== undefined && { WANDB_ENTITY: wandb.entity }),
    ...(sweep !== undefined && { WANDB_RUN_GROUP: sweep }),
    WANDB_NAME: task.metadata.name,
    ...(fitting.length > 0 && { WANDB_TAGS: fitting.join(",") }),
    WANDB_NOTES: noteOf(task),
    WANDB_JOB_TYPE: sweep === undefined ? "task" : "sweep",
    WANDB_RUN_ID: wandbId(task),
    WANDB_RESUME: "allow",
    // By default a killed job loses up to 15 s of what it logged.
    WANDB__TRANSACTION_LOG_FLUSH_INTERVAL: "1",
  };
}

/** What an attempt has with its trackers from the start; undefined for nothing. `run` is its folder. */
export function trackingAtStart(task: Task, run: string): TrackingFound | undefined {
  const wandb = trackerAsked(task.spec.tracking, "wandb");
  const hasBoard = trackerAsked(task.spec.tracking, "tensorboard") !== null;
  const hasWandb = wandb !== null && wandb.mode !== "disabled";
  if (!hasBoard && !hasWandb) return undefined;
  // The task's own variables win.
  const { env } = task.spec.kind;
  const project = own(env, "WANDB_PROJECT") ?? wandb?.project;
  return {
    ...(hasWandb && {
      wandb: { id: own(env, "WANDB_RUN_ID") ?? wandbId(task), ...(project !== undefined && { project }) },
    }),
    ...(hasBoard && { tensorboard: { dir: tensorboardFolder(run) } }),
  };
}
