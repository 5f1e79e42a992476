import { formatDuration } from "../../lib/duration.ts";
import { refusalOfProcess, spareFiles, spareProcesses } from "../../run/room.ts";
import type { Supervisor } from "../supervisor.ts";

/** File descriptors reserved for the supervisor's own work: records, the journal, /proc, tools and hooks. */
const OWN_FILES = 16;
/** A start opens the log, and keeps a descriptor by which the runtime is told of the end. */
const FILES_PER_START = 3;
/** The recording parent, the job, and some that the job starts itself: it fails where it cannot. */
const PROCESSES_PER_START = 4;
const NO_PROCESSES =
  "Cannot start a job: few processes are left to this user (`ulimit -u`), wanted some to end or a higher limit";
/** The wait after the first refusal; it doubles with each further one. */
const FIRST_WAIT_MS = 500;
const MAX_WAIT_MS = 10_000;
/** The shortage is over once this many starts in one turn succeeded. */
const ENOUGH_STARTS = 16;

/** How many of `wanted` tasks may be started now. Descriptors are counted before they run out: the supervisor needs some itself. */
export function roomForStarts(supervisor: Supervisor, wanted: number): number {
  const { shortage } = supervisor.starts;
  if (wanted === 0) return 0;
  const most = Math.min(wanted, shortage?.most ?? wanted);
  const { count, refused } = spareFiles(OWN_FILES + FILES_PER_START * most);
  const forFiles = Math.floor((count - OWN_FILES) / FILES_PER_START);
  const forProcesses = Math.floor(spareProcesses() / PROCESSES_PER_START);
  // Where no job runs, waiting would free nothing: one is started all the same.
  const least = supervisor.jobs.size === 0 && count >= FILES_PER_START ? 1 : 0;
  const room = Math.max(least, Math.min(most, forFiles, forProcesses));
  const counted = room > 0 ? null : forFiles < 1 ? refused?.error : NO_PROCESSES;
  const reason = counted ?? (shortage === null ? null : refusalOfProcess()?.error) ?? null;
  if (reason !== null) delayStarts(supervisor, reason);
  return reason === null ? room : 0;
}

/** Delays all starts by a time that grows with each refusal, and logs and publishes the reason. */
export function delayStarts(supervisor: Supervisor, message: string): void {
  const { shortage } = supervisor.starts;
  const { clock, log } = supervisor.context;
  const waitMs = shortage === null ? FIRST_WAIT_MS : Math.min(MAX_WAIT_MS, 2 * shortage.waitMs);
  if (shortage?.message !== message)
    log(`${message}; no task starts for ${formatDuration(waitMs)} or longer`);
  supervisor.starts.shortage = { message, waitMs, most: 1 };
  supervisor.starts.pausedUntilMs = Math.max(supervisor.starts.pausedUntilMs, clock.awakeMs() + waitMs);
  supervisor.committer.publishShortage(message);
}

/** After `count` starts of which none was refused: allows more, or ends the shortage. */
export function easeStarts(supervisor: Supervisor, count: number): void {
  const { shortage } = supervisor.starts;
  if (shortage === null || count === 0) return;
  if (shortage.most < ENOUGH_STARTS) {
    supervisor.starts.shortage = { ...shortage, waitMs: FIRST_WAIT_MS, most: 2 * shortage.most };
    return;
  }
  supervisor.starts.shortage = null;
  supervisor.committer.publishShortage(null);
  supervisor.context.log("tasks can start again");
}
