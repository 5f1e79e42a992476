import type { Flag, FlagValues, ValueType } from "./command-line/declare.ts";
import { long } from "./command-line/usage.ts";
import { PAIR } from "./command-line/values.ts";
import { durationFromSlurm, momentFromSlurm, parentsFromSlurm, sizeFromSlurm } from "./slurm.ts";

/** A flag that sets a key of the task file. */
interface TaskFlag extends Flag {
  /** The key; without it the flag's own name. */
  readonly key?: string;
  /** What keys the value sets, where it is not that one as it was typed. */
  readonly sets?: (value: never) => Readonly<Record<string, unknown>>;
}

/** Read by the key's own reader, once it is known what else is said of the task. */
function typed(placeholder: string): ValueType<string> {
  return { placeholder, wanted: "a value", read: (text) => text };
}

const DEPENDENCY: ValueType<Readonly<Record<string, readonly string[]>>> = {
  placeholder: "LIST",
  wanted: "afterok:ID, afterany:ID or afternotok:ID, with commas between them",
  read: parentsFromSlurm,
};

const PARENT: ValueType<string> = { ...typed("TASK"), completes: "tasks" };
const fromPairs = (key: string) => (pairs: readonly (readonly [string, string])[]) => ({
  [key]: Object.fromEntries(pairs),
});

const TASK = "Of the task";
const NEEDS = "What it needs";
const ORDER = "When it starts";
const SLURM = "The same, as in Slurm";

/** The flags of `submit` and `run` that set keys of the tasks. */
export const TASK_FLAGS = {
  name: { value: typed("NAME"), group: TASK, help: "a name for it" },
  cwd: { value: typed("DIR"), group: TASK, help: "its working directory (default: this one)" },
  env: { value: PAIR, repeats: true, sets: fromPairs("env"), group: TASK, help: "a variable for the job" },
  label: {
    value: PAIR,
    repeats: true,
    key: "labels",
    sets: fromPairs("labels"),
    group: TASK,
    help: "a label",
  },
  timeout: { value: typed("DURATION"), group: TASK, help: "of one attempt, like 90s or 6h" },
  retries: {
    value: typed("N"),
    group: TASK,
    help: "try again this often, after any failure that can go better",
  },
  cpus: { value: typed("N"), group: NEEDS, help: "CPUs that it takes" },
  memory: { value: typed("SIZE"), group: NEEDS, help: "memory that it takes, like 8GB" },
  gpus: { value: typed("N"), group: NEEDS, help: "GPUs that it takes" },
  vram: { value: typed("SIZE"), group: NEEDS, help: "memory of a GPU that it takes" },
  gpuModel: { value: typed("NAME"), group: NEEDS, help: "part of the name that the GPU must have" },
  gpuMinMemory: {
    value: typed("SIZE"),
    group: NEEDS,
    help: "the least memory that the GPU must have in all",
  },
  image: { value: typed("NAME"), group: NEEDS, help: "run it in a container of this image" },
  priority: { value: typed("N"), group: ORDER, help: "higher first, 0 to 1000" },
  hold: { group: ORDER, help: "queue it, but do not start it" },
  at: {
    value: typed("TIME"),
    key: "notBefore",
    group: ORDER,
    help: "not before this time, or a duration from now",
  },
  after: { value: PARENT, repeats: true, group: ORDER, help: "start once these have succeeded" },
  afterAny: { value: PARENT, repeats: true, group: ORDER, help: "start once these have ended" },
  afterFailed: { value: PARENT, repeats: true, group: ORDER, help: "start once these have failed" },
  slot: { value: typed("NAME"), group: ORDER, help: "a lane: its tasks run one after the other" },
  admission: {
    value: { ...typed("HOW"), choices: ["queue", "dropIfRunning", "replace"] },
    group: ORDER,
    help: "where the lane is busy: queue, dropIfRunning or replace",
  },
  unique: {
    value: typed("KEY"),
    group: ORDER,
    help: "queue nothing while a task with this key has not ended",
  },
  jobName: { value: typed("NAME"), key: "name", excludes: ["name"], group: SLURM, help: "--name" },
  time: {
    value: typed("TIME"),
    key: "timeout",
    sets: (text: string) => ({ timeout: durationFromSlurm(text) }),
    excludes: ["timeout"],
    group: SLURM,
    help: "--timeout",
  },
  mem: {
    value: typed("SIZE"),
    key: "memory",
    sets: (text: string) => ({ memory: sizeFromSlurm(text) }),
    excludes: ["memory"],
    group: SLURM,
    help: "--memory",
  },
  begin: {
    value: typed("TIME"),
    key: "notBefore",
    sets: (text: string) => ({ notBefore: momentFromSlurm(text) }),
    excludes: ["at"],
    group: SLURM,
    help: "--at",
  },
  dependency: {
    value: DEPENDENCY,
    sets: (parents: Readonly<Record<string, readonly string[]>>) => parents,
    excludes: ["after", "afterAny", "afterFailed"],
    group: SLURM,
    help: "--after, --after-any, --after-failed: afterok:ID, afterany:ID or afternotok:ID",
  },
} as const satisfies Readonly<Record<string, TaskFlag>>;

/** What `submit` and `run` queue. */
export const FILES = {
  name: "FILE",
  count: "any",
  help: "YAML files; - is stdin. Or a command after --",
} as const;

/** Keys of the task file that flags set. */
export interface FlagFields {
  readonly values: Readonly<Record<string, unknown>>;
  /** The flag that set a key, as it is typed. */
  readonly flagOf: ReadonlyMap<string, string>;
}

export const NO_FIELDS: FlagFields = { values: {}, flagOf: new Map() };

/** Collects what the flags say of the tasks, by the keys of the task file. */
export function fieldsOf(flags: FlagValues<typeof TASK_FLAGS>): FlagFields {
  const values: Record<string, unknown> = {};
  const flagOf = new Map<string, string>();
  const given: Readonly<Record<string, unknown>> = flags;
  for (const [name, { key = name, sets }] of Object.entries<TaskFlag>(TASK_FLAGS)) {
    const value = given[name];
    if (value === undefined) continue;
    // What a flag sets takes what its own type reads.
    for (const [set, data] of Object.entries(sets?.(value as never) ?? { [key]: value })) {
      values[set] = data;
      flagOf.set(set, long(name));
    }
  }
  return { values, flagOf };
}
