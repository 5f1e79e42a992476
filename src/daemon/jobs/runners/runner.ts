import type { Result } from "../../../lib/result.ts";
import type { LimitBackend } from "../../../machine/limit-backend.ts";
import type { ControlGroup } from "../../../model/control-group.ts";
import type { Kind } from "../../../model/kind.ts";
import type { Limits } from "../../../model/limits.ts";
import type { Task } from "../../../model/task.ts";
import type { Launched, LaunchOrder, NotStarted } from "../../../run/launch.ts";
import type { ProcessTree } from "../../../run/tree.ts";
import type { Supervisor } from "../../supervisor.ts";
import type { Job } from "../job.ts";

/** A job with the task that it belongs to. */
export interface TaskJob<K extends Kind = Kind> {
  readonly task: Task & { readonly spec: { readonly kind: K } };
  readonly job: Job;
}

/** Where the control group of a job is made. */
interface GroupPlacement {
  readonly group: ControlGroup | null;
  /** The group under which an engine puts its container, from the top of the hierarchy. */
  readonly parentGroup: string | null;
  readonly isScoped: boolean;
  /** The limits that this group holds; an engine enforces the others. */
  readonly ours: Limits;
}

/** A signal that is due, and to which processes. */
export interface SignalOrder {
  readonly tree: ProcessTree;
  readonly signal: "SIGTERM" | "SIGKILL" | "SIGCONT";
}

/** A job that is about to be started. */
export interface Launching {
  readonly task: Task;
  readonly order: Omit<LaunchOrder, "container">;
  /** The group under which an engine puts its container, from the top of the hierarchy. */
  readonly parentGroup: string | null;
}

/**
 * What differs between the kinds of jobs. The rest of jobs/ asks the runner of a task's kind, and never which kind it is: a new
 * kind is a new file here, with a line in `runner-of.ts`.
 */
export interface Runner {
  /** True where the job's program, PATH and files come from an image. */
  readonly isInImage: boolean;
  /** True where stint itself gives the job a control group and holds it to its limits; an engine does so for its containers. */
  readonly hasOwnGroup: boolean;
  /** True where processes that outlive the job's own end are counted as left behind. */
  readonly countsLeftBehind: boolean;
  /** Starts a job under a recording parent that outlives this process. */
  launch(supervisor: Supervisor, launching: Launching): Result<Launched, NotStarted>;
  placeGroup(limits: Limits, of: { readonly backend: LimitBackend; readonly name: string }): GroupPlacement;
  /** Called once the process that leads a job is gone: ends the job, or has another process follow it. */
  observe(supervisor: Supervisor, of: TaskJob): void;
  /** How far a job has come that is not on record as running. */
  phase(job: Job): "starting" | "pulling" | "running";
  /** Who gets a signal that is to end the job. */
  signal(of: TaskJob, signal: "SIGTERM" | "SIGKILL"): SignalOrder[];
  /** What is to be sent in this state whatever the grace says; null where the grace decides, "none" for nothing. */
  overrideStop(job: Job): "SIGKILL" | "none" | null;
  /** Why the job cannot be paused; null where it can. */
  pauseRefusal(supervisor: Supervisor, kind: Kind): { readonly is: string; readonly wanted: string } | null;
  /** The processes that stand still while the job is paused. */
  pauseTree(job: Job): ProcessTree;
  /** Removes what is left of an attempt whose end is on record. */
  cleanup(supervisor: Supervisor, of: { readonly kind: Kind; readonly token: string }): void;
}
