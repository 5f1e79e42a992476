import { existsSync, writeFileSync } from "node:fs";
import { constants } from "node:os";
import { join } from "node:path";
import { earliest } from "../../lib/earliest.ts";
import { ATTEMPT_FILES } from "../../model/attempt-files.ts";
import { type EarlySignal, earlySignal } from "../../model/slurm.ts";
import { timeLeftMs } from "../../plan/plan.ts";
import { signalPart } from "../../run/tree.ts";
import type { Supervisor } from "../supervisor.ts";
import { readMain } from "./job.ts";
import type { TaskJob } from "./runners/runner.ts";
import { runnerOf } from "./runners/runner-of.ts";
import { LOOK_MS } from "./stop.ts";

/**
 * Sends the signals of `slurm.signal`, each so long before the timeout of its job that the job can save its work. As in Slurm, one that is
 * not for the script alone goes to the processes that the script started, as a shell without a trap would end. Returns in how many ms the
 * next one is due, or null.
 *
 * Order for a job: the audit line, the signal, then a file in the attempt's folder. A crash between these sends it again: a job that is
 * told twice loses nothing, one that is not told loses its work.
 */
export function sendEarlySignals(supervisor: Supervisor, jobs: readonly TaskJob[]): number | null {
  return earliest(jobs.map((one) => warnedIn(supervisor, one)));
}

function warnedIn(supervisor: Supervisor, { task, job }: TaskJob): number | null {
  const early = earlySignal(task.spec.slurm?.signal ?? "");
  if (early === null || job.isWarned === true || task.spec.timeoutMs === undefined) return null;
  // The timeout counts once the job is on record as running.
  if (task.status.state === "preparing") return LOOK_MS;
  const leftMs = timeLeftMs(task, supervisor.context.clock.awakeMs());
  if (leftMs === null) return null;
  if (leftMs > early.beforeMs) return leftMs - early.beforeMs;
  const mark = join(job.directory, ATTEMPT_FILES.earlySignal);
  if (!existsSync(mark)) {
    readMain(job);
    if (job.main === undefined) return LOOK_MS;
    warn(supervisor, { task, job }, early);
    writeFileSync(mark, "", { mode: 0o600 });
  }
  job.isWarned = true;
  return null;
}

function warn(supervisor: Supervisor, { task, job }: TaskJob, { signal, isForScript }: EarlySignal): void {
  const { id, uid } = task.metadata;
  const { actor } = supervisor.context;
  supervisor.committer.audit([
    { event: "signalled", actor, task: id, uid, detail: `${signal} before the timeout` },
  ]);
  const number = constants.signals[signal as NodeJS.Signals] ?? Number(signal);
  const tree = runnerOf(task.spec.kind).ownTree(job);
  signalPart(tree, isForScript ? "main" : "others", { signal: number, tracker: supervisor.jobs.processes });
}
