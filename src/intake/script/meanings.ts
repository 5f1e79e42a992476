import { nameFrom } from "../../model/identity.ts";
import { MAX_PRIORITY } from "../../model/spec.ts";
import type { GivenOption } from "./given.ts";
import { OPTIONS } from "./options.ts";
import {
  dependencyFromSlurm,
  durationFromSlurm,
  exportFromSlurm,
  type GpusAsked,
  gpuCountFromSlurm,
  gresFromSlurm,
  kibibytesFromSlurm,
  momentFromSlurm,
  sizeOf,
} from "./values.ts";

/** A key of the task file that an option of sbatch sets. */
export interface OptionKey {
  /** A dotted one for a key of a group. */
  readonly key: string;
  readonly data: unknown;
  readonly of: GivenOption;
}

/** The options by name; their values are valid. */
export type Given = ReadonlyMap<string, GivenOption>;

/** What valid options of sbatch mean here: keys of the task file, and those without effect, as they were given. */
export function meaningsOf(given: Given): { settings: OptionKey[]; ignored: string[] } {
  const settings = [...MEANINGS].flatMap(([name, meaning]) => {
    const of = given.get(name);
    return of === undefined
      ? []
      : Object.entries(meaning(of.text, given)).map(([key, data]) => ({ key, data, of }));
  });
  return { settings: [...settings, ...needsOf(given)], ignored: [...given.values()].flatMap(ignoredIn) };
}

function ignoredIn({ name, text, flag }: GivenOption): string[] {
  const whole = text === "" ? flag : `${flag}=${text}`;
  switch (name) {
    case "gres":
      return (gresFromSlurm(text)?.others ?? []).map((other) => `${flag}=${other}`);
    case "mem":
    case "mem-per-cpu":
    case "mem-per-gpu":
      return kibibytesFromSlurm(text) === 0 ? [whole] : [];
    case "nice":
      return niceOf(text) >= 0 ? [whole] : [];
    case "mail-type":
      return /^NONE$/i.test(text) ? [] : [whole];
    default:
      return OPTIONS[name]?.use === "ignored" ? [whole] : [];
  }
}

type Keys = Readonly<Record<string, unknown>>;

/** Options that mean the same whatever stands beside them. */
const MEANINGS: ReadonlyMap<string, (text: string, given: Given) => Keys> = new Map([
  ["job-name", (text) => ({ name: nameFrom(text) })],
  ["time", (text): Keys => (durationFromSlurm(text) === "" ? {} : { timeout: durationFromSlurm(text) })],
  ["array", arrayKeys],
  ["output", (text): Keys => (isNull(text) ? {} : { "slurm.output": text })],
  ["error", errorKeys],
  ["dependency", dependencyKeys],
  ["kill-on-invalid-dep", (text) => ({ onParentFailure: /^yes$/i.test(text) ? "cancel" : "wait" })],
  ["begin", (text) => ({ notBefore: momentFromSlurm(text) })],
  ["export", (text) => ({ ...exportFromSlurm(text) })],
  ["chdir", (text) => ({ cwd: text })],
  ["workdir", (text) => ({ cwd: text })],
  ["signal", (text) => ({ "slurm.signal": signalOf(text) })],
  ["comment", (text) => ({ "annotations.comment": text })],
  ["hold", () => ({ hold: true })],
  ["requeue", () => ({ "retry.onOrphan": "requeue" })],
  // Whatever ends it: it is not started a second time.
  ["no-requeue", () => ({ retries: 0, "retry.onOrphan": "never" })],
  ["nice", (text): Keys => (niceOf(text) >= 0 ? {} : { priority: Math.min(-niceOf(text), MAX_PRIORITY) })],
]);

/** What `--nice` lowers the priority by; the default is 100. Zero is the lowest priority here, and the default. */
function niceOf(text: string): number {
  return /^-?\d+$/.test(text) ? Number(text) : 100;
}

/** The default is 60 seconds, there and here. */
function signalOf(text: string): string {
  const upper = text.toUpperCase();
  return upper.includes("@") ? upper : `${upper}@60`;
}

function isNull(path: string): boolean {
  return path === "/dev/null" || path === "none";
}

/** `0-9:2,12%4`: the members, and how many run at a time. */
function arrayKeys(text: string): Keys {
  const limit = /%(\d+)/.exec(text)?.[1];
  return {
    array: text.replaceAll(/%\d+/g, ""),
    ...(limit !== undefined && Number(limit) > 0 && { maxParallel: Number(limit) }),
  };
}

/** One file for both streams is the default, there and here. */
function errorKeys(text: string, given: Given): Keys {
  if (text === given.get("output")?.text) return {};
  return { "logs.separate": true, ...(!isNull(text) && { "slurm.error": text }) };
}

function dependencyKeys(text: string, given: Given): Keys {
  const { parents = {}, isSingleton = false } = dependencyFromSlurm(text) ?? {};
  const name = given.get("job-name")?.text;
  return { ...parents, ...(isSingleton && { slot: nameFrom(name ?? "sbatch") }) };
}

/** CPUs, memory and GPUs, which depend on each other. */
function needsOf(given: Given): OptionKey[] {
  const number = (name: string): number | undefined => {
    const text = given.get(name)?.text;
    return text === undefined ? undefined : Number(text);
  };
  const tasks = number("ntasks") ?? number("ntasks-per-node") ?? 1;
  const gpus = gpusAsked(given, tasks);
  const ofEachGpu = (number("cpus-per-gpu") ?? 0) * (gpus?.asked.gpus ?? 0);
  const cpus =
    number("cpus-per-task") === undefined && ofEachGpu > 0
      ? ofEachGpu
      : tasks * (number("cpus-per-task") ?? 1);
  const settings: OptionKey[] = [];
  const ofTasks = given.get("ntasks") ?? given.get("ntasks-per-node");
  const ofCpus = given.get("cpus-per-task") ?? given.get("cpus-per-gpu") ?? ofTasks;
  if (ofTasks !== undefined) settings.push({ key: "slurm.tasks", data: tasks, of: ofTasks });
  if (ofCpus !== undefined) settings.push({ key: "cpus", data: cpus, of: ofCpus });
  for (const [key, data] of Object.entries(gpus?.asked ?? {}))
    settings.push({ key, data, of: gpus?.of as GivenOption });
  const memory = memoryAsked(given, { cpus, gpus: gpus?.asked.gpus ?? 0 });
  return memory === null ? settings : [...settings, memory];
}

function gpusAsked(
  given: Given,
  tasks: number,
): { readonly asked: GpusAsked; readonly of: GivenOption } | null {
  for (const name of ["gpus", "gpus-per-node", "gpus-per-task", "gres"]) {
    const of = given.get(name);
    const asked =
      of === undefined ? null : name === "gres" ? gresFromSlurm(of.text)?.asked : gpuCountFromSlurm(of.text);
    if (of === undefined || asked === undefined || asked === null) continue;
    return { asked: name === "gpus-per-task" ? { ...asked, gpus: asked.gpus * tasks } : asked, of };
  }
  return null;
}

function memoryAsked(given: Given, by: { readonly cpus: number; readonly gpus: number }): OptionKey | null {
  const times = { mem: 1, "mem-per-cpu": by.cpus, "mem-per-gpu": by.gpus };
  for (const [name, factor] of Object.entries(times)) {
    const of = given.get(name);
    const size = (kibibytesFromSlurm(of?.text ?? "") ?? 0) * factor;
    if (of !== undefined && size > 0) return { key: "memory", data: sizeOf(size), of };
  }
  return null;
}
