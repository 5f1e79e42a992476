import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { own } from "../../lib/own.ts";
import { err, ok, type Result } from "../../lib/result.ts";
import { ATTEMPT_FILES } from "../../model/attempt-files.ts";
import type { Json, OutputSpec } from "../../model/job-data.ts";
import type { Measure } from "../../model/measure.ts";
import { judgeOutputs, keptOutputs, type OutputsFault } from "../../model/outputs.ts";
import type { Task } from "../../model/task.ts";
import { workFolder } from "../../model/work-folder.ts";
import { missingInput } from "../../run/inputs.ts";
import type { NotStarted } from "../../run/launch.ts";
import { findOutput, type JobPlaces, masked, readOutputs } from "../../run/outputs.ts";
import type { Supervisor } from "../supervisor.ts";
import type { Job } from "./job.ts";
import { parentsOf, type ReadOnlyMount } from "./parents.ts";
import { runnerOf } from "./runners/runner-of.ts";
import { maskOfJob } from "./secrets.ts";
import { unhiddenCheckpoint } from "./unhidden.ts";

/*
 * What goes into a job by files, and what comes out of it. At the start `inputs.json` and `parents.json` are written into the attempt's
 * folder, each where there is something for it; at the end `outputs.json` is read, which may be anything that a program can make of a
 * file. A crash between a write and the start leaves files of an attempt that never runs.
 */

/** Files for a job, as its environment and its container need them. */
interface JobData {
  readonly variables: Readonly<Record<string, string>>;
  /** Folders of parents that a container sees. */
  readonly mounts: readonly ReadOnlyMount[];
}

/** Writes the inputs of a job and what it may know of its parents. Throws what the system refuses. */
export function giveJobData(
  supervisor: Supervisor,
  { task, directory, run }: { readonly task: Task; readonly directory: string; readonly run: string },
): Result<JobData, NotStarted> {
  const { inputs, inputSpecs = {}, after = [], kind } = task.spec;
  const { isInImage } = runnerOf(kind);
  const variables: Record<string, string> = {
    STINT_OUTPUTS: join(run, ATTEMPT_FILES.outputs),
    ...unhiddenCheckpoint(supervisor.context.layout, task),
  };
  const write = (file: string, data: unknown): string => {
    // The user in a container may have any uid.
    writeFileSync(join(directory, file), `${JSON.stringify(data, null, 2)}\n`, {
      mode: isInImage ? 0o644 : 0o600,
    });
    return join(run, file);
  };
  if (inputs !== undefined) {
    const missing = isInImage ? null : missingInput(task.metadata.id, { inputs, inputSpecs });
    if (missing !== null) return err(missing);
    variables["STINT_INPUTS"] = write(ATTEMPT_FILES.inputs, inputs);
  }
  if (after.length === 0) return ok({ variables, mounts: [] });
  const { parents, mounts } = parentsOf(supervisor, task);
  variables["STINT_PARENTS"] = write(ATTEMPT_FILES.parents, parents);
  return ok({ variables, mounts });
}

/** What a job told by events, as far as it matters here. */
export interface Told {
  readonly outputs: Readonly<Record<string, unknown>>;
  readonly metrics: Readonly<Record<string, Measure>>;
}

/** The outputs of an attempt as evidence and for its record. */
interface OutputsEnd {
  readonly outputs?: Readonly<Record<string, Json>>;
  readonly outputsLeft?: number;
  readonly outputsFault?: OutputsFault;
}

/** Reads and checks the outputs of a job of which no process lives. What the file says wins over events. */
export function takeOutputs(
  { context }: Supervisor,
  { task, job, told }: { readonly task: Task; readonly job: Job; readonly told: Told | undefined },
): OutputsEnd {
  const { directory } = job;
  const read = readOutputs(directory);
  const { outputSpecs = {}, fail = {}, kind } = task.spec;
  const isPlain = read.type === "none" && told === undefined;
  if (isPlain && Object.keys(outputSpecs).length === 0) return {};
  const all = { ...told?.outputs, ...(read.type === "read" ? read.values : {}) } as Record<string, Json>;
  const mask = maskOfJob(context, { task, job }).text;
  const here: JobPlaces["onMachine"] = {
    run: directory,
    checkpoint: context.layout.checkpoint(task.metadata.id),
    work: workFolder(task, directory),
  };
  const places = { onMachine: here, inJob: runnerOf(kind).directories(here) };
  const values = withPaths(all, outputSpecs, places);
  const fault = judgeOutputs({
    read,
    values,
    metrics: told?.metrics ?? {},
    specs: outputSpecs,
    fail,
    missing: (path, type) => {
      const found = findOutput(path, type, places);
      return "missing" in found ? found.missing : null;
    },
  });
  const { kept, left } = keptOutputs(masked(values, mask));
  return {
    ...(Object.keys(kept).length > 0 && { outputs: kept }),
    ...(left > 0 && { outputsLeft: left }),
    ...(fault !== null && { outputsFault: { ...fault, error: mask(fault.error) } }),
  };
}

/** Outputs that are declared as files and folders, with whole paths. */
function withPaths(
  values: Readonly<Record<string, Json>>,
  specs: Readonly<Record<string, OutputSpec>>,
  places: JobPlaces,
): Record<string, Json> {
  const whole: Record<string, Json> = { ...values };
  for (const [name, { type }] of Object.entries(specs)) {
    const value = own(values, name);
    if ((type !== "file" && type !== "dir") || typeof value !== "string" || value === "") continue;
    const found = findOutput(value, type, places);
    if ("path" in found) whole[name] = found.path;
  }
  return whole;
}
