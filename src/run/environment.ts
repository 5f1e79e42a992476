import { join } from "node:path";
import { own } from "../lib/own.ts";
import { type Attempt, type EndedAttempt, failureOfAttempt } from "../model/attempt.ts";
import { ARTIFACTS_FOLDER } from "../model/attempt-files.ts";
import { datasetVariable } from "../model/dataset.ts";
import type { Device } from "../model/device.ts";
import { expanded } from "../model/expansion.ts";
import { sweepPlaceOf, valueVariable } from "../model/group.ts";
import type { EnvironmentPolicy, Kind } from "../model/kind.ts";
import { openAttempt, type Task } from "../model/task.ts";
import { eventsFile } from "./events.ts";

/** The PATH of a job whose policy is `clear`, and the search path for programs when a job has none. */
export const PLAIN_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

type Variables = Readonly<Record<string, string>>;

/** The layers of a job's environment, the later ones on top. */
export interface EnvironmentLayers {
  readonly policy: EnvironmentPolicy;
  /** The submitter's environment, as it was when the task was submitted. */
  readonly captured: Variables;
  /** Of the task's trackers: what the task itself sets wins. */
  readonly trackers?: Variables;
  /** Of the task's `envFrom`. */
  readonly sources?: Variables;
  readonly task: Variables;
  /** The variables of the task whose values are expanded, from all other layers. */
  readonly expands?: readonly string[] | undefined;
  readonly runner: Variables;
  /** True for a container: its image has a PATH of its own. */
  readonly isInImage?: boolean;
}

/** A variable of a task whose value needs another one, which is not set. */
interface UnsetVariable {
  readonly name: string;
  readonly needed: string;
}

/**
 * Merges the layers; `shadowed` names the task's own variables that the runner's replace, and `unset` the variables that the values of
 * others need and that are not set.
 */
export function jobEnvironment(layers: EnvironmentLayers): {
  environment: Record<string, string>;
  shadowed: string[];
  unset: UnsetVariable[];
} {
  const { task, expands = [], runner, sources = {}, trackers = {} } = layers;
  const around = merge([base(layers), trackers, sources, runner]);
  const values = expands.flatMap((name) => {
    const value = own(task, name);
    return value === undefined ? [] : [{ name, ...expanded(name, value, (wanted) => around.get(wanted)) }];
  });
  const merged = merge([base(layers), trackers, sources, task]);
  for (const { name, text } of values) merged.set(name, text);
  for (const [name, value] of Object.entries(runner)) merged.set(name, value);
  // BUN_BE_BUN and BUN_OPTIONS would change stint itself, a Bun executable, when a job calls it.
  const kept = [...merged].filter(([name]) => !name.startsWith("BUN_"));
  return {
    environment: Object.fromEntries(kept),
    shadowed: Object.keys(task).filter((name) => Object.hasOwn(runner, name)),
    unset: values.flatMap(({ name, unset }) => unset.map((needed) => ({ name, needed }))),
  };
}

/** The same for a job of a kind, whose own layers are given by the task; others may be added or replaced. */
export function environmentOfKind(
  kind: Kind,
  layers: Pick<EnvironmentLayers, "captured"> & Partial<EnvironmentLayers>,
): ReturnType<typeof jobEnvironment> {
  const { environment: policy, env: task, expands } = kind;
  return jobEnvironment({ policy, task, expands, runner: {}, ...layers });
}

function merge(layers: readonly Variables[]): Map<string, string> {
  return new Map(layers.flatMap((layer) => Object.entries(layer)));
}

/** Says that a value of `env` cannot be expanded, and what to write. */
export function describeUnset({ name, needed }: UnsetVariable): string {
  const is = `\${${needed}} is not set where the job starts`;
  return `the value of env.${name} cannot be expanded: ${is}, wanted a variable that is set, \${${needed}:-} for nothing, or $\${${needed}} for this very text`;
}

function base({ policy, captured, isInImage }: EnvironmentLayers): Variables {
  switch (policy.policy) {
    case "inherit":
      return captured;
    case "allowlist":
      return Object.fromEntries(Object.entries(captured).filter(([name]) => policy.names.includes(name)));
    case "clear":
      return isInImage ? {} : { PATH: PLAIN_PATH };
  }
}

/** The directories that a job finds in its environment; absolute. */
export interface JobDirectories {
  /** Of this attempt. */
  readonly run: string;
  /** Of the task: it outlives its attempts. */
  readonly checkpoint: string;
  /** The working directory; in a container, the image sets it. */
  readonly work?: string;
  /** The data sets, by name. */
  readonly datasets?: Readonly<Record<string, string>>;
}

/** The variables that stint sets for the open attempt of a task; a task cannot override them. */
export function runnerVariables(task: Task, directories: JobDirectories): Record<string, string> {
  const attempt = openAttempt(task);
  if (attempt === null) throw new Error(`task ${task.metadata.id} has no open attempt`);
  const previous = task.status.attempts.at(-2);
  const saved = lastSaved(task.status.attempts)?.checkpoint;
  return {
    STINT_TASK_ID: task.metadata.id,
    STINT_TASK_NAME: task.metadata.name,
    STINT_ATTEMPT: String(attempt.number),
    STINT_MAX_ATTEMPTS: String(task.spec.retry.maxAttempts),
    STINT_RUN_DIR: directories.run,
    STINT_ARTIFACTS_DIR: join(directories.run, ARTIFACTS_FOLDER),
    STINT_CHECKPOINT_DIR: directories.checkpoint,
    STINT_CHECKPOINT: saved?.path ?? "",
    STINT_CHECKPOINT_STEP: saved?.step === undefined ? "" : String(saved.step),
    STINT_EVENTS: eventsFile(directories.run),
    STINT_PREVIOUS_FAILURE: failureOfAttempt(previous)?.code ?? "",
    STINT_TOKEN: attempt.token,
    ...(directories.work !== undefined && { PWD: directories.work }),
    ...sweepVariables(task.metadata),
    ...datasetVariables(directories.datasets ?? {}),
  };
}

/** The last attempt that saved something for the next one. */
export function lastSaved(attempts: readonly Attempt[]): EndedAttempt | undefined {
  const ended = attempts.filter((one): one is EndedAttempt => one.state !== "running");
  return ended.findLast(({ checkpoint }) => checkpoint !== undefined);
}

function datasetVariables(paths: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(paths).map(([name, path]) => [datasetVariable(name), path]));
}

/** The values of a sweep's member as variables: a job reads them without placeholders, shell or quoting. */
function sweepVariables(of: Task["metadata"]): Record<string, string> {
  const member = sweepPlaceOf(of);
  if (member === null) return {};
  const values = Object.entries(member.values).map(([name, value]) => [valueVariable(name), value]);
  return {
    // A job may compute by them: they are those of the sweep as written.
    STINT_SWEEP_INDEX: String(member.index),
    STINT_SWEEP_SIZE: String(member.size),
    ...(Object.fromEntries(values) as Record<string, string>),
  };
}

/**
 * The variables that show a job its devices and no others. CUDA's and ROCm's accept UUIDs (an index depends on the order of devices); HIP
 * counts within what ROCm shows, and -1 hides all.
 */
export function deviceVariables(devices: readonly Pick<Device, "id" | "vendor">[]): Record<string, string> {
  const ids = (vendors: readonly Device["vendor"][]): string =>
    devices
      .filter(({ vendor }) => vendors.includes(vendor))
      .map(({ id }) => id)
      .join(",");
  const amd = ids(["amd"]);
  return {
    CUDA_VISIBLE_DEVICES: ids(["nvidia", "simulated"]),
    ROCR_VISIBLE_DEVICES: amd,
    ...(amd === "" && { HIP_VISIBLE_DEVICES: "-1" }),
    STINT_DEVICES: devices.map(({ id }) => id).join(","),
  };
}
