import type { Result } from "../../../lib/result.ts";
import type { LimitBackend } from "../../../machine/limit-backend.ts";
import type { ControlGroup } from "../../../model/control-group.ts";
import type { Kind } from "../../../model/kind.ts";
import type { Limits } from "../../../model/limits.ts";
import type { Task } from "../../../model/task.ts";
import type { JobEnd } from "../../../run/ending.ts";
import type { JobDirectories } from "../../../run/environment.ts";
import type { Launched, NotStarted, ParentOrder } from "../../../run/launch.ts";
import type { ProcessTree } from "../../../run/tree.ts";
import type { Supervisor } from "../../supervisor.ts";
import type { Job, SentSignal } from "../job.ts";

type TaskOf<K extends Kind> = Task & { readonly spec: { readonly kind: K } };

/** A job with its task. */
export interface TaskJob<K extends Kind = Kind> {
  readonly task: TaskOf<K>;
  readonly job: Job;
}

/** The control group that a job gets. */
interface GroupPlacement {
  readonly group: ControlGroup | null;
  /** The group under which an engine puts its container, from the top of the hierarchy. */
  readonly parentGroup: string | null;
  /** True where systemd makes the group, as a scope. */
  readonly isScoped: boolean;
  /** The limits that stint enforces; an engine enforces the others. */
  readonly ours: Limits;
}

/** A signal that is due, and the processes that get it. */
export interface SignalOrder {
  readonly tree: ProcessTree;
  readonly signal: NodeJS.Signals;
  /** Only the main process of the tree gets it, or all but that. */
  readonly part?: "main" | "others";
}

/** The launch of a job. */
export interface Launching<K extends Kind = Kind> {
  readonly task: TaskOf<K>;
  readonly order: ParentOrder;
  /** The group under which an engine puts its container, from the top of the hierarchy. */
  readonly parentGroup: string | null;
}

/**
 * The port for a kind of job. The rest of jobs/ calls the runner of a task's kind and never tests which kind it is: a new kind is a
 * new file here and a line in `runner-of.ts`.
 */
export interface Runner<K extends Kind = Kind> {
  /** True where the job's program, PATH and files come from an image. */
  readonly isInImage: boolean;
  /** True where stint gives the job a control group and enforces its limits; an engine does so for its containers. */
  readonly hasOwnGroup: boolean;
  /** True where processes that outlive the job's own end are counted as left behind. */
  readonly countsLeftBehind: boolean;
  /** Starts a job under a recording parent that outlives this process. */
  launch(supervisor: Supervisor, launching: Launching<K>): Result<Launched, NotStarted>;
  placeGroup(limits: Limits, of: { readonly backend: LimitBackend; readonly name: string }): GroupPlacement;
  /** Called once the leader of a job is gone: ends the job, or starts another process that follows it. */
  observe(supervisor: Supervisor, of: TaskJob<K>): void;
  /** How the job of an attempt ended, once its leader is dead; null where nothing is recorded. */
  readEnding(of: { readonly directory: string; readonly token: string }): JobEnd | null;
  /** The directories as the job itself sees them. */
  directories(onMachine: JobDirectories): JobDirectories;
  /** The phase of a job that is not on record as running. */
  phase(job: Job): "starting" | "pulling" | "running";
  /** True where the first process of a job can be signalled before the others; an engine does so for its containers. */
  readonly stopsMainFirst: boolean;
  /** The processes that get a signal that is to end the job, with further signals that they need. */
  signal(of: TaskJob, sent: Pick<SentSignal, "signal" | "to">): SignalOrder[];
  /** The signal to send in this state regardless of the grace period; null where that decides, "none" for no signal. */
  overrideStop(job: Job): "SIGKILL" | "none" | null;
  /** Why the job cannot be paused; null where it can. */
  pauseRefusal(supervisor: Supervisor, kind: K): { readonly is: string; readonly wanted: string } | null;
  /** The job's own processes, without those of stint and of an engine that lead them. */
  ownTree(job: Job): ProcessTree;
  /** The processes that are stopped while the job is paused. */
  pauseTree(job: Job): ProcessTree;
  /** Removes what an attempt left, once its end is on record. */
  cleanup(supervisor: Supervisor, of: { readonly kind: K; readonly token: string }): void;
}
