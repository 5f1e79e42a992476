import type { TypedKey } from "../intake/fields-typed.ts";
import { type GivenOption, merged } from "../intake/script/given.ts";
import { meaningsOf } from "../intake/script/meanings.ts";
import { OPTIONS } from "../intake/script/options.ts";
import { gresFromSlurm } from "../intake/script/values.ts";
import { NOWHERE } from "../intake/value.ts";
import type { Completes, Flag, ValueType } from "./command-line/declare.ts";
import { long } from "./command-line/usage.ts";

/** A flag that is an option of sbatch(1), and means here what it means there. */
export interface SlurmFlag extends Flag {
  /** In `OPTIONS`. */
  readonly option: string;
  /** The key of the task file that it sets, for hints. */
  readonly key?: string;
}

const group = "As in Slurm, the same as";
const own = "As in Slurm";

/** Beside GPUs, scripts may ask for what this machine does not have; a command line need not. */
const GRES: ValueType<string> = {
  placeholder: "gpu:N",
  wanted: "gpu:N or gpu:MODEL:N",
  read: (text) => (text === "none" || (gresFromSlurm(text)?.asked ?? null) !== null ? text : null),
};

function value(option: string, placeholder: string, completes?: Completes): ValueType<string> {
  const { isValid = () => true, wanted = "text that is not empty", hint } = OPTIONS[option] ?? {};
  return {
    placeholder,
    wanted,
    read: (text) => (text !== "" && isValid(text) ? text : null),
    near: () => hint ?? null,
    ...(completes !== undefined && { completes }),
  };
}

/** Options without a line in the help: those of a site, and those that scripts have rather than command lines. */
const HIDDEN: readonly string[] = [
  ..."partition account qos constraint nodelist exclude reservation licenses mail-type mail-user".split(" "),
  ..."nodes ntasks-per-node mem-per-cpu mem-per-gpu gpus-per-node gpus-per-task signal open-mode".split(" "),
  ..."kill-on-invalid-dep exclusive requeue no-requeue nice".split(" "),
];

/** Letters that another flag has. */
const TAKEN: ReadonlySet<string> = new Set("qechHWGdDJtai".split(""));

function hiddenFlag(option: string): [string, SlurmFlag] {
  const { value: has, short } = OPTIONS[option] ?? {};
  const key = option.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
  return [
    key,
    {
      option,
      help: "as in sbatch",
      hidden: true,
      // A `--nice` without a value would take the next word.
      ...((has === "always" || option === "nice") && { value: value(option, "TEXT") }),
      ...(short !== undefined && !TAKEN.has(short) && { short }),
    },
  ];
}

export const SLURM_FLAGS: Readonly<Record<string, SlurmFlag>> = {
  time: {
    option: "time",
    key: "timeout",
    value: value("time", "TIME"),
    excludes: ["timeout"],
    group,
    help: "--timeout",
  },
  mem: {
    option: "mem",
    key: "memory",
    value: value("mem", "SIZE"),
    excludes: ["memory"],
    group,
    help: "--memory",
  },
  begin: {
    option: "begin",
    key: "notBefore",
    value: value("begin", "TIME"),
    short: "b",
    excludes: ["at"],
    group,
    help: "--at",
  },
  gres: { option: "gres", value: GRES, excludes: ["gpus", "gpuModel"], group, help: "--gpus, --gpu-model" },
  dependency: {
    option: "dependency",
    value: value("dependency", "LIST", "tasks"),
    short: "d",
    excludes: ["after", "afterAny", "afterFailed", "afterOneOf"],
    group,
    help: "--after, --after-any, --after-failed: tasks, or afterok:ID, afterany:ID, afternotok:ID",
  },
  ntasks: {
    option: "ntasks",
    value: value("ntasks", "N"),
    short: "n",
    group,
    help: "--cpus, for each of N tasks",
  },
  output: {
    option: "output",
    value: value("output", "FILE", "files"),
    short: "o",
    group: own,
    help: "a link of this name to the log: %x-%j.out",
  },
  error: {
    option: "error",
    value: value("error", "FILE", "files"),
    group: own,
    help: "a link to the log of stderr",
  },
  export: {
    option: "export",
    value: value("export", "LIST"),
    group: own,
    help: "environment: ALL, NONE, NAME, NAME=VALUE",
  },
  comment: { option: "comment", value: value("comment", "TEXT"), group: own, help: "an annotation" },
  ...Object.fromEntries(HIDDEN.map(hiddenFlag)),
};

/** The options of sbatch among parsed flags; numbers of CPUs and GPUs are such options too. */
export function slurmOptionsOf(flags: Readonly<Record<string, unknown>>): GivenOption[] {
  const options = Object.entries(SLURM_FLAGS).flatMap(([name, { option }]) => {
    const typed = flags[name];
    if (typed === undefined) return [];
    return [{ name: option, text: typeof typed === "string" ? typed : "", flag: long(name), span: NOWHERE }];
  });
  return [...options, ...countsIn(flags)];
}

/** Counts in flags of stint, where they are valid; others are refused by the reader of their key. */
function countsIn(flags: Readonly<Record<string, unknown>>): GivenOption[] {
  const counts = { cpus: "cpus-per-task", gpus: "gpus" };
  return Object.entries(counts).flatMap(([flag, name]) => {
    const text = flags[flag];
    return typeof text === "string" && /^[1-9]\d{0,8}$/.test(text)
      ? [{ name, text, flag: long(flag), span: NOWHERE }]
      : [];
  });
}

/** The keys of the task file that options set, where no script has options of its own. */
export function keysOfOptions(options: readonly GivenOption[]): TypedKey[] {
  return meaningsOf(merged([], options)).settings.map(({ key, data, of }) => [
    key,
    // Of a flag, a list of names is read as YAML.
    key === "environment" && Array.isArray(data) ? JSON.stringify(data) : data,
    of.flag,
  ]);
}
