import { dirname, join } from "node:path";
import { textOf } from "../../lib/file-text.ts";
import { containerOf } from "../../model/kind.ts";
import type { Task } from "../../model/task.ts";
import { type MlflowOrder, type TrackingOrder, trackerAsked } from "../../model/tracking.ts";
import { workFolder } from "../../model/work-folder.ts";
import {
  mlflowTags,
  mlflowUri,
  reachesStore,
  sweepKeyOf,
  titleOfWork,
  trackerVariables,
} from "../../run/tracking/variables.ts";
import type { Layout } from "../../store/layout.ts";

type Variables = Readonly<Record<string, string>>;

/** True for a task whose trackers need something before its program runs. */
export function preparesTracking({ spec: { tracking } }: Task): boolean {
  return trackerAsked(tracking, "mlflow") !== null || trackerAsked(tracking, "wandb")?.mode === "online";
}

/** The variables of a task's trackers, below its own ones, and what the submitter's shell may not say beside them. */
export function variablesOfTrackers(
  task: Task,
  { layout, run, captured }: { readonly layout: Layout; readonly run: string; readonly captured: Variables },
): { readonly trackers: Record<string, string>; readonly captured: Variables } {
  const trackers = trackerVariables(task, { run, folder: dirname(layout.mlflowStore) });
  if (!("MLFLOW_TRACKING_URI" in trackers)) return { trackers, captured };
  const { MLFLOW_EXPERIMENT_NAME: _name, MLFLOW_EXPERIMENT_ID: _id, MLFLOW_RUN_ID: _run, ...rest } = captured;
  return { trackers, captured: rest };
}

interface Started {
  readonly layout: Layout;
  readonly directory: string;
  readonly captured: Variables;
  /** Of the job; changed where W&B cannot be online. */
  readonly environment: Record<string, string>;
}

/** What is to be prepared for the trackers of a job, as its whole environment says it; null for nothing. */
export function trackingOrderOf(task: Task, of: Started): TrackingOrder | null {
  if (!preparesTracking(task)) return null;
  const notes = [...offlineNote(task, of.environment)];
  const mlflow = mlflowOrderOf(task, of, notes);
  return { notes, ...(mlflow !== null && { mlflow }) };
}

/** Without a key, W&B would ask for one: it is offline then. */
function offlineNote({ spec }: Task, environment: Record<string, string>): string[] {
  if (trackerAsked(spec.tracking, "wandb")?.mode !== "online" || environment["WANDB_MODE"] !== "online")
    return [];
  if ((environment["WANDB_API_KEY"] ?? "") !== "" || hasLogin(environment)) return [];
  environment["WANDB_MODE"] = "offline";
  return ["W&B is offline: there is no WANDB_API_KEY, which envFrom can give"];
}

/** True where `wandb login` has left a key. */
function hasLogin(environment: Variables): boolean {
  const path = environment["NETRC"] ?? join(environment["HOME"] ?? "/", ".netrc");
  const host = URL.parse(environment["WANDB_BASE_URL"] ?? "")?.hostname ?? "api.wandb.ai";
  return (textOf(path) ?? "").includes(host);
}

function mlflowOrderOf(task: Task, of: Started, notes: string[]): MlflowOrder | null {
  const { layout, directory, captured, environment } = of;
  const asked = trackerAsked(task.spec.tracking, "mlflow");
  if (asked === null) return null;
  if (!reachesStore(task)) {
    notes.push("MLflow: the local store is not in a container, wanted the address of a server");
    return null;
  }
  const folder = dirname(layout.mlflowStore);
  if (environment["MLFLOW_TRACKING_URI"] !== mlflowUri(asked.mode, folder)) {
    notes.push("MLflow: env sets another MLFLOW_TRACKING_URI, so stint prepares nothing there");
    return null;
  }
  const { env, mode } = task.spec.kind;
  const sweep = sweepKeyOf(task);
  // What the task's own variables name wins, and what the submitter's shell names counts where the task names nothing.
  const ownName = isIn(environment, "MLFLOW_EXPERIMENT_NAME")
    ? environment["MLFLOW_EXPERIMENT_NAME"]
    : undefined;
  const experiment = ownName ?? asked.experiment ?? captured["MLFLOW_EXPERIMENT_NAME"] ?? titleOfWork(task);
  const hasOwnContext = environment["MLFLOW_RUN_CONTEXT"] !== JSON.stringify(mlflowTags(task));
  const tellsId =
    ownName === undefined &&
    !("MLFLOW_EXPERIMENT_ID" in { ...env, ...environment }) &&
    containerOf(task.spec.kind) === null;
  return {
    store: asked.mode,
    folder,
    experiment,
    tellsId,
    context: hasOwnContext ? null : mlflowTags(task),
    ...(sweep !== undefined && { parent: { sweep, name: titleOfWork(task) } }),
    cwd: workFolder(task, directory),
    mode,
  };
}

function isIn(variables: Variables, name: string): boolean {
  return (variables[name] ?? "") !== "";
}
