import { isAlive, type ProcessIdentity } from "../../lib/host.ts";
import type { LimitsNote } from "../../model/control-group.ts";
import type { TaskId } from "../../model/identity.ts";
import type { Findings } from "../../model/preparation.ts";
import type { JobEnd } from "../../run/ending.ts";
import type { EventSummaryReading } from "../../run/events.ts";
import type { RecordingParentEnd } from "../../run/launch.ts";
import { readStart } from "../../run/records.ts";
import type { Usage } from "../../run/usage.ts";
import type { ServiceWatch } from "./serving-state.ts";

/** The looks at what a job uses; see `usage.ts`. */
export interface Looks {
  readonly seen: Usage | null;
  /** As `Clock.awakeMs`; null for no further look. */
  readonly dueMs: number | null;
}

/** A signal that was sent to an attempt, and when, as `Clock.awakeMs`. */
export interface SentSignal {
  /** SIGTERM stands for the stop signal of the task. */
  readonly signal: "SIGTERM" | "SIGKILL";
  /** Who got it: the first process of the job alone, then the others too. Absent for all at once. */
  readonly to?: "main" | "others";
  /** Of the first one, from which the grace counts. */
  readonly atAwakeMs: number;
}

/** The facts on a job that has ended, while other processes of its tree may still live. */
interface Over {
  readonly end: JobEnd;
  /** The last signal that was sent to the processes that are left. */
  sent: SentSignal | null;
  /** How many processes the job left running when it ended by itself; they are ended. */
  leftBehind: number;
  /** How often its control group could not be removed. */
  groupRefusals: number;
}

/**
 *     launched ──▶ running ──▶ stopping ──▶ ended ──▶ recorded, and dropped from the table
 *         │           └───────────────────────▲          ▲
 *         └──▶ unstarted ────────────────────────────────┘
 *
 * `running` also covers a job that is not on record as running yet, and one that was adopted. A signal makes it `stopping`; the
 * gone recording parent, or the engine, makes it `ended`. A start that failed is `unstarted`: nothing of it runs. A job whose results are
 * collected before its end is recorded stays `ended`; its record says that it is collecting.
 */
type JobPhase =
  | { readonly type: "running" }
  | { readonly type: "stopping"; readonly sent: SentSignal }
  | (Over & { readonly type: "ended" })
  /** `isRefused` where the system had no room for the start, which then costs the task nothing. */
  | (Over & { readonly type: "unstarted"; readonly isRefused: boolean });

/** Which phase may follow which; the same as the drawing. */
export const NEXT_PHASES: Readonly<Record<JobPhase["type"], readonly JobPhase["type"][]>> = {
  running: ["stopping", "ended"],
  stopping: ["stopping", "ended"],
  ended: [],
  unstarted: [],
};

/** How the end of the process that leads a job is noticed. */
type Parent =
  /** It is a child of this process, which is told of its end; `isMissing` once a check found it gone without that. */
  | { readonly type: "child"; end: RecordingParentEnd | null; isMissing: boolean }
  /** Its pid is watched. */
  | { readonly type: "watched" };

/** An attempt whose processes may still live. In memory only: adoption rebuilds it. */
export interface Job {
  readonly id: TaskId;
  readonly attempt: number;
  readonly token: string;
  /** `runs/<id>/<attempt>` */
  readonly directory: string;
  /** The note on its limits; null for a job without limits. */
  readonly limits: LimitsNote | null;
  /** Paths of its control groups. */
  readonly groups: readonly string[];
  /** The recording parent, the ancestor of all its processes but later container runners; null where none was started or found. */
  readonly leader: ProcessIdentity | null;
  parent: Parent;
  /** The first process of the job itself, once `start` was read; see `readMain`. */
  main?: ProcessIdentity;
  /** The process that follows a container where the recording parent is gone. */
  runner?: ProcessIdentity;
  /** When that was started here, as `Clock.awakeMs`. */
  runnerAtAwakeMs?: number;
  /** Milliseconds since the epoch. */
  startedAtMs: number;
  startedAwakeMs: number;
  phase: JobPhase;
  /** What is known of its preparation: see `preparation.ts`. Absent where it needs none, or is on record as running. */
  preparation?: "open" | "ready" | "refused";
  findings?: Findings;
  /** True once it got the signal before its timeout, or where it gets none; see `early-signal.ts`. */
  isWarned?: boolean;
  /** What it used so far; see `usage.ts`. */
  looks?: Looks;
  /** What it told so far; absent until that is read. */
  events?: EventSummaryReading;
  /** The offset up to which the feed of its topic had its events when this process began with them. */
  fedTo?: number;
  /** What is known of the service that it is; see `serving.ts`. */
  serving?: ServiceWatch;
  /** The secret values at its start, masked in its log; absent for an adopted job, for which they are read again. */
  readonly secrets?: readonly string[];
}

/** The one way from phase to phase. Throws on a step that the drawing does not have. */
function advance(job: Job, next: JobPhase): void {
  if (!NEXT_PHASES[job.phase.type].includes(next.type))
    throw new Error(`${job.id} cannot become ${next.type}: it is ${job.phase.type}`);
  job.phase = next;
}

/** The phase of a job whose start failed. */
export function unstarted(end: JobEnd, isRefused: boolean): JobPhase {
  return { type: "unstarted", isRefused, ...overWith(end, null) };
}

function overWith(end: JobEnd, sent: SentSignal | null): Over {
  return { end, sent, leftBehind: 0, groupRefusals: 0 };
}

/** Records the end of the job itself; other processes of its tree may still live. */
export function endJob(job: Job, end: JobEnd): void {
  const { phase } = job;
  const sent = phase.type === "stopping" ? phase.sent : null;
  advance(job, { type: "ended", ...overWith(end, sent) });
}

/** Notes a signal that was sent: to a job, or to what it left. */
export function noteSignal(job: Job, sent: SentSignal): void {
  if ("end" in job.phase) job.phase.sent = sent;
  else advance(job, { type: "stopping", sent });
}

/** How a job ended; null while it has not. */
export function endOf({ phase }: Job): JobEnd | null {
  return "end" in phase ? phase.end : null;
}

/** The last signal that was sent to a job or to what it left; null for none. */
export function lastSignal({ phase }: Job): SentSignal | null {
  return "sent" in phase ? phase.sent : null;
}

/** True where no process is left that could write the job's result. */
export function isLeaderGone({ parent, runner, leader }: Job): boolean {
  if (parent.type === "child" && parent.end !== null) return true;
  const last = runner ?? leader;
  // A child that is a zombie has ended, and the runtime has not told yet.
  return last === null || !isAlive(last);
}

/** True where the first process of the job itself is known and lives. */
export function isMainAlive({ main }: Job): boolean {
  return main !== undefined && isAlive(main);
}

/** Reads the first process of the job itself from `start`, where that is not known yet: it leads a session of its own. */
export function readMain(job: Job): void {
  if (job.main !== undefined) return;
  const start = readStart(job.directory);
  if (start === null || typeof start === "string" || start.pid !== job.leader?.pid) return;
  if (start.job !== null) job.main = start.job;
}
