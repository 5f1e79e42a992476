import { formatDuration } from "../../lib/duration.ts";
import { refusalOfProcess, spareFiles, spareProcesses } from "../../run/room.ts";
import type { Supervisor } from "../supervisor.ts";

/** What is left free for the supervisor's own work: the records, the journal, looks at processes, tools and hooks. */
const OWN_FILES = 16;
/** A start opens the log, and keeps a descriptor by which the runtime hears of the end. */
const FILES_PER_START = 3;
/** The recording parent, the job, and some that the job starts itself: where it gets none, it fails. */
const PROCESSES_PER_START = 4;
const NO_PROCESSES =
  "Cannot start a job: few processes are left to this user (`ulimit -u`), wanted some to end or a higher limit";
/** After a refusal it is tried again so much later, twice that after the next one, and so on. */
const FIRST_WAIT_MS = 500;
const MAX_WAIT_MS = 10_000;
/** So many starts in one turn that all went well: the shortage is over. */
const ENOUGH_STARTS = 16;

/** How many of so many tasks may be started now. Files are counted before they run out: the supervisor needs some itself. */
export function roomForStarts(supervisor: Supervisor, wanted: number): number {
  const { shortage } = supervisor.starts;
  if (wanted === 0) return 0;
  const most = Math.min(wanted, shortage?.most ?? wanted);
  const { count, refused } = spareFiles(OWN_FILES + FILES_PER_START * most);
  const forFiles = Math.floor((count - OWN_FILES) / FILES_PER_START);
  const forProcesses = Math.floor(spareProcesses() / PROCESSES_PER_START);
  // Where nothing runs, there is nothing to wait for.
  const least = supervisor.jobs.size === 0 && count >= FILES_PER_START ? 1 : 0;
  const room = Math.max(least, Math.min(most, forFiles, forProcesses));
  const told = room > 0 ? null : forFiles < 1 ? refused?.error : NO_PROCESSES;
  const obstacle = told ?? (shortage === null ? null : refusalOfProcess()?.error) ?? null;
  if (obstacle !== null) delayStarts(supervisor, obstacle);
  return obstacle === null ? room : 0;
}

/** Starts nothing for a time that grows with each refusal, and says so. */
export function delayStarts(supervisor: Supervisor, message: string): void {
  const { shortage } = supervisor.starts;
  const { clock, log } = supervisor.context;
  const waitMs = shortage === null ? FIRST_WAIT_MS : Math.min(MAX_WAIT_MS, 2 * shortage.waitMs);
  if (shortage?.message !== message)
    log(`${message}; starts are held back, and tried again after ${formatDuration(waitMs)} and more`);
  supervisor.starts.shortage = { message, waitMs, most: 1 };
  supervisor.starts.pausedUntilMs = Math.max(supervisor.starts.pausedUntilMs, clock.awakeMs() + waitMs);
  supervisor.committer.publishShortage(message);
}

/** So many were started, and none refused. */
export function easeStarts(supervisor: Supervisor, count: number): void {
  const { shortage } = supervisor.starts;
  if (shortage === null || count === 0) return;
  if (shortage.most < ENOUGH_STARTS) {
    supervisor.starts.shortage = { ...shortage, waitMs: FIRST_WAIT_MS, most: 2 * shortage.most };
    return;
  }
  supervisor.starts.shortage = null;
  supervisor.committer.publishShortage(null);
  supervisor.context.log("the system lets jobs be started again, going on");
}
