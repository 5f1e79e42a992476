import { statSync } from "node:fs";
import { groupFor } from "../../../machine/group.ts";
import { needsGroup } from "../../../machine/limits.ts";
import { isScoped } from "../../../machine/prefix.ts";
import { type Ending, endingFromShell } from "../../../model/evidence.ts";
import type { SubprocessKind } from "../../../model/kind.ts";
import { openAttempt } from "../../../model/task.ts";
import { launch } from "../../../run/launch.ts";
import { inDamagedFolder, readExit } from "../../../run/records.ts";
import type { ProcessTree } from "../../../run/tree.ts";
import type { Supervisor } from "../../supervisor.ts";
import { endJob, isMainAlive, type Job, type SentSignal } from "../job.ts";
import type { Runner, SignalOrder, TaskJob } from "./runner.ts";

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
  stopsMainFirst: true,
  signal: stopOrders,
  overrideStop: () => null,
  pauseRefusal: () => null,
  ownTree,
  pauseTree: (job) => job,
  cleanup: () => {},
};

/** The recording parent records the end, and must not get what the job gets. */
function ownTree(job: Job): ProcessTree {
  return { ...job, sparedSessions: job.leader === null ? [] : [job.leader.pid] };
}

function stopOrders(
  { task, job }: TaskJob,
  { signal, to }: Pick<SentSignal, "signal" | "to">,
): SignalOrder[] {
  if (signal === "SIGKILL") return [{ tree: job, signal }];
  // What a job left when it ended by itself was not asked to save anything.
  const how = openAttempt(task)?.stop === undefined ? undefined : task.spec.stop;
  const name = `SIG${how?.signal ?? "TERM"}` as const;
  // Before the fork of the job, a TERM to the recording parent prevents it.
  const tree = name === "SIGTERM" && to === undefined ? job : ownTree(job);
  // By their group, no process that is forked meanwhile is missed; with a living main process in it, each is signalled by its pid.
  const isWhole = to === undefined || (to === "others" && !isMainAlive(job));
  // A process that was stopped gets a signal when it is continued; main may wait for any of the others.
  return [
    { tree, signal: name, ...(!isWhole && { part: to }) },
    { tree: job, signal: "SIGCONT" },
  ];
}

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
