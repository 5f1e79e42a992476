import { statSync } from "node:fs";
import { groupFor } from "../../../machine/group.ts";
import { needsGroup } from "../../../machine/limits.ts";
import { isScoped } from "../../../machine/prefix.ts";
import { type Ending, endingFromShell } from "../../../model/evidence.ts";
import type { SubprocessKind } from "../../../model/kind.ts";
import { launch } from "../../../run/launch.ts";
import { inDamagedFolder, readExit } from "../../../run/records.ts";
import type { Supervisor } from "../../supervisor.ts";
import { endJob, type Job } from "../job.ts";
import type { Runner, TaskJob } from "./runner.ts";

/** The runner of processes on this machine, under a recording parent. */
export const subprocessRunner: Runner<SubprocessKind> = {
  isInImage: false,
  hasOwnGroup: true,
  countsLeftBehind: true,
  launch: (_, { task, order }) => launch({ ...order, kind: task.spec.kind }),
  placeGroup: (limits, { backend, name }) => ({
    group: needsGroup(limits, backend.controllers) ? groupFor(backend, name) : null,
    parentGroup: null,
    isScoped: isScoped(limits, backend),
    ours: limits,
  }),
  observe: observeSubprocess,
  readEnding: ({ directory, token }) => readExit(directory, token),
  directories: (onMachine) => onMachine,
  phase: () => "running",
  signal: ({ job }, signal) => [{ tree: job, signal }],
  overrideStop: () => null,
  pauseRefusal: () => null,
  // The recording parent records the end, and must not get what the job gets.
  ownTree: (job) => ({ ...job, sparedSessions: job.leader === null ? [] : [job.leader.pid] }),
  pauseTree: (job) => job,
  cleanup: () => {},
};

/** Ends a job whose recording parent is gone: by the result that it recorded, else by its own exit. */
export function observeSubprocess(supervisor: Supervisor, { job }: TaskJob): void {
  const end = readExit(job.directory, job.token);
  endJob(job, end ?? { ending: unrecorded(job), endedAtMs: supervisor.context.clock.now() });
}

/** The ending where the recording parent left no result, as where the job removed its folder. */
function unrecorded({ parent, main, directory }: Job): Ending {
  const { exitCode = null, signal = null } = (parent.type === "child" ? parent.end : null) ?? {};
  // The exit code is the job's, unless the shell failed before it started the job: then it is not 0, no job is on record, and the
  // folder is still there.
  if (exitCode !== null && (exitCode === 0 || main !== undefined || !isFolder(directory)))
    return endingFromShell(exitCode, false, false);
  return { type: "lost", signal, note: "the process is gone and left no result" };
}

function isFolder(path: string): boolean {
  return inDamagedFolder(() => statSync(path, { throwIfNoEntry: false })?.isDirectory() === true, false);
}
