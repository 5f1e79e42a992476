import { statSync } from "node:fs";
import { groupFor } from "../../../machine/group.ts";
import { needsGroup } from "../../../machine/limits.ts";
import { isScoped } from "../../../machine/prefix.ts";
import { type Ending, endingFromShell } from "../../../model/evidence.ts";
import { readEnding } from "../../../run/ending.ts";
import { launch } from "../../../run/launch.ts";
import { inDamagedFolder } from "../../../run/records.ts";
import type { Supervisor } from "../../supervisor.ts";
import { endJob, type Job } from "../job.ts";
import type { Runner, TaskJob } from "./runner.ts";

/** A process of this machine under a recording parent. */
export const subprocessRunner: Runner = {
  isInImage: false,
  hasOwnGroup: true,
  countsLeftBehind: true,
  launch: (_, { order }) => launch(order),
  placeGroup: (limits, { backend, name }) => ({
    group: needsGroup(limits, backend.controllers) ? groupFor(backend, name) : null,
    parentGroup: null,
    isScoped: isScoped(limits, backend),
    ours: limits,
  }),
  observe: observeSubprocess,
  phase: () => "running",
  signal: ({ job }, signal) => [{ tree: job, signal }],
  overrideStop: () => null,
  pauseRefusal: () => null,
  pauseTree: (job) => job,
  cleanup: () => {},
};

/** The recording parent is gone: its result is taken, else what its own end tells. */
export function observeSubprocess(supervisor: Supervisor, { task, job }: TaskJob): void {
  const end = readEnding(job, task.spec.kind);
  endJob(job, end ?? { ending: unrecorded(job), endedAtMs: supervisor.context.clock.now() });
}

/** What is known of an end that the recording parent could not write down, as where the job removed its folder for good. */
function unrecorded({ parent, main, directory }: Job): Ending {
  const { exitCode = null, signal = null } = (parent.type === "child" ? parent.end : null) ?? {};
  // A shell that failed before it began anything did so with another code than 0, without a trace of the job, and in a folder that is
  // as it was made.
  if (exitCode !== null && (exitCode === 0 || main !== undefined || !isFolder(directory)))
    return endingFromShell(exitCode, false, false);
  return { type: "lost", signal, note: "the process is gone and left no result" };
}

function isFolder(path: string): boolean {
  return inDamagedFolder(() => statSync(path, { throwIfNoEntry: false })?.isDirectory() === true, false);
}
