import { lstatSync, mkdirSync, readlinkSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { errnoOf } from "../lib/errno.ts";
import { textOf } from "../lib/file-text.ts";
import { uuid } from "../lib/random.ts";
import { shellWord, withoutComments } from "../lib/shell-text.ts";
import type { Device } from "../model/device.ts";
import { logFileName } from "../model/slurm.ts";
import { openAttempt, type Task } from "../model/task.ts";
import { PLAIN_PATH } from "./environment.ts";
import { outputFiles } from "./output.ts";
import srunText from "./sh/srun.sh" with { type: "text" };

/** What a job of Slurm finds in its environment and beside its script, for a task that came as an sbatch script. */

const MEBIBYTE = 1_024 * 1_024;
/** The program `srun`. */
export const SRUN = `#!/bin/sh\n${withoutComments(srunText)}\n`;

/** The variables of sbatch(1) that one machine can give; none for a task that is no job of Slurm. */
export function slurmVariables(
  task: Task,
  { node, devices }: { readonly node: string; readonly devices: readonly Pick<Device, "id" | "index">[] },
): Record<string, string> {
  const { spec, metadata } = task;
  const { slurm, kind, resources } = spec;
  if (slurm === undefined) return {};
  const { tasks = 1, submitDir = kind.cwd } = slurm;
  const { cpus = 1, memoryBytes } = openAttempt(task)?.resources ?? resources;
  const { number, group, createdBy } = metadata;
  const index = group?.values["index"];
  const restarts = (openAttempt(task)?.number ?? 1) - 1;
  const gpus = devices.map((device) => device.index).join(",");
  return {
    SLURM_JOB_ID: String(number),
    SLURM_JOBID: String(number),
    SLURM_JOB_NAME: group?.name ?? metadata.name,
    SLURM_JOB_USER: createdBy,
    SLURM_SUBMIT_DIR: submitDir,
    SLURM_SUBMIT_HOST: node,
    SLURM_NTASKS: String(tasks),
    SLURM_NPROCS: String(tasks),
    SLURM_CPUS_PER_TASK: String(Math.max(1, Math.floor(cpus / tasks))),
    SLURM_CPUS_ON_NODE: String(cpus),
    // Open MPI refuses to start where it finds a job without these two.
    SLURM_TASKS_PER_NODE: String(tasks),
    SLURM_JOB_CPUS_PER_NODE: String(cpus),
    SLURM_NNODES: "1",
    SLURM_JOB_NUM_NODES: "1",
    SLURM_JOB_NODELIST: node,
    SLURM_NODELIST: node,
    SLURMD_NODENAME: node,
    SLURM_NODEID: "0",
    SLURM_PROCID: "0",
    SLURM_LOCALID: "0",
    ...(memoryBytes !== undefined && { SLURM_MEM_PER_NODE: String(Math.floor(memoryBytes / MEBIBYTE)) }),
    ...(gpus !== "" && { SLURM_JOB_GPUS: gpus, SLURM_GPUS_ON_NODE: String(devices.length) }),
    // As there: a job that runs for the first time has none.
    ...(restarts > 0 && { SLURM_RESTART_COUNT: String(restarts) }),
    ...(group !== undefined &&
      index !== undefined && {
        SLURM_ARRAY_JOB_ID: String(group.id),
        SLURM_ARRAY_TASK_ID: index,
        SLURM_ARRAY_TASK_COUNT: String(group.of?.size ?? group.size),
      }),
  };
}

/**
 * The variables by which a job finds `srun`; writes the program where the folder does not have it as it is now. Throws errors of the
 * system. A login shell (`#!/bin/bash -l`) sets PATH again, but keeps functions of its environment.
 */
export function srunVariables(programs: string, path: string = PLAIN_PATH): Record<string, string> {
  const file = join(programs, "srun");
  if (textOf(file) !== SRUN) {
    mkdirSync(programs, { recursive: true, mode: 0o700 });
    const staged = `${file}.${uuid()}`;
    writeFileSync(staged, SRUN, { mode: 0o700 });
    renameSync(staged, file);
  }
  return { PATH: `${programs}:${path}`, "BASH_FUNC_srun%%": `() {  ${shellWord(file)} "$@"\n}` };
}

/** Where a job's logs are, and what names their links. */
interface LogPlace {
  /** Of the attempt. */
  readonly directory: string;
  /** The folder of all attempts of the home. */
  readonly runs: string;
  readonly node: string;
}

/**
 * Links the names of `slurm.output` and `slurm.error` to the logs of the open attempt. What has such a name and is no link to a log of
 * this home stays; a sentence is returned for each link that could not be made.
 */
export function linkLogs(task: Task, { directory, runs, node }: LogPlace): string[] {
  const { slurm, logs, kind } = task.spec;
  const { id, number, name, group, createdBy } = task.metadata;
  const { output, error } = slurm ?? {};
  const index = group?.values["index"];
  const naming = {
    job: number,
    ...(group !== undefined && index !== undefined && { array: { job: group.id, task: index } }),
    name: group?.name ?? name,
    user: createdBy,
    node,
  };
  const [out = "", errors] = outputFiles(directory, logs.separate);
  const pairs = [
    [output, out],
    [error, errors],
  ] as const;
  return pairs.flatMap(([pattern, log]) => {
    if (pattern === undefined || log === undefined) return [];
    const link = resolve(kind.cwd, logFileName(pattern, naming));
    const refusal = linkLog(link, log, runs);
    return refusal === null ? [] : [`${id}: its log has no link "${link}": ${refusal}`];
  });
}

function linkLog(link: string, log: string, runs: string): string | null {
  try {
    const before = lstatSync(link, { throwIfNoEntry: false });
    const isOurs =
      before?.isSymbolicLink() === true && isBelow(runs, resolve(dirname(link), readlinkSync(link)));
    if (before !== undefined && !isOurs) return "there is something else of this name, which stays";
    mkdirSync(dirname(link), { recursive: true });
    if (isOurs) rmSync(link);
    symlinkSync(log, link);
    return null;
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === null) throw error;
    return `the system refused it (${errno})`;
  }
}

function isBelow(folder: string, path: string): boolean {
  return !relative(folder, path).startsWith("..");
}
