import { isAlive, type ProcessIdentity } from "../../lib/host.ts";
import type { LimitsNote } from "../../model/control-group.ts";
import type { TaskId } from "../../model/identity.ts";
import type { JobEnd } from "../../run/ending.ts";
import type { RecordingParentEnd } from "../../run/launch.ts";
import { readStart } from "../../run/records.ts";

/** A signal that was sent to an attempt, and when, as `Clock.awakeMs`. */
interface Sent {
  readonly signal: "SIGTERM" | "SIGKILL";
  readonly atAwakeMs: number;
}

/** An attempt whose processes may still live; in memory only, a start-up finds it again. */
export interface Job {
  readonly id: TaskId;
  readonly attempt: number;
  readonly token: string;
  /** `runs/<id>/<attempt>` */
  readonly directory: string;
  /** How it is limited; null for a job without limits. */
  readonly limits: LimitsNote | null;
  /** Its own control groups, where it has some. */
  readonly groups: readonly string[];
  /** The recording parent, from which all of it descends but later runners; null where nothing could be started or found. */
  readonly leader: ProcessIdentity | null;
  /** The job itself, once its start was read; see `readMain`. */
  main?: ProcessIdentity;
  /** Who sees a container through where the recording parent is gone. */
  runner?: ProcessIdentity;
  /** Started by this process, which hears of its end; any other is looked after by its pid. */
  isChild: boolean;
  /** Milliseconds since the epoch. */
  startedAtMs: number;
  startedAwakeMs: number;
  /** Set by the end of a child. */
  parentEnd?: RecordingParentEnd;
  /** Set where a child is gone at a look of `findMissedEnds`. */
  isGone?: true;
  /** Set where the system had no room for its start: nothing is counted. */
  isRefused?: true;
  /** How it ended, once that is known; others of its process tree may still live. */
  end: JobEnd | null;
  sent: Sent | null;
  /** How many processes it had left running when it ended by itself; they are ended. */
  leftBehind?: number;
  /** When the last runner of its container was started here, as `Clock.awakeMs`. */
  runnerAtAwakeMs?: number;
  /** Values to be hidden in its log, as they were at its start; absent for an adopted job, whose are read again. */
  readonly secrets?: readonly string[];
  /** How often its control group could not be removed. */
  groupRefusals?: number;
}

/** True where nobody writes the job's result any more. */
export function isLeaderGone({ isChild, parentEnd, runner, leader }: Job): boolean {
  if (isChild && parentEnd !== undefined) return true;
  const last = runner ?? leader;
  // Of a child, a zombie is the end that is not heard of yet.
  return last === null || !isAlive(last);
}

/** Finds out who the job itself is, where that is not known yet: its session and its group are its own. */
export function readMain(job: Job): void {
  if (job.main !== undefined) return;
  const start = readStart(job.directory);
  if (start === null || typeof start === "string" || start.pid !== job.leader?.pid) return;
  if (start.job !== null) job.main = start.job;
}
