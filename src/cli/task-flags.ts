import { SET } from "../intake/fault.ts";
import { FIELDS } from "../intake/fields.ts";
import type { TypedKey } from "../intake/fields-typed.ts";
import { meaningOf } from "../intake/key-names.ts";
import type { Field, KeyFlag } from "../intake/keys/field.ts";
import { wordsOf } from "../intake/schema.ts";
import { durationFromClock } from "../intake/script/values.ts";
import type { Flag, FlagValues, ValueType } from "./command-line/declare.ts";
import { long } from "./command-line/usage.ts";
import { KEY_VALUE, PAIR, textValue } from "./command-line/values.ts";
import { taskKeys } from "./completion/keys.ts";
import { keysOfOptions, SLURM_FLAGS, slurmOptionsOf } from "./slurm-flags.ts";

/** A flag that sets a key of the task file. */
interface TaskFlag extends Flag {
  /** The key; default: the name of the flag. */
  readonly key?: string;
  /** The keys that the value sets, and their values; default: `key` with the value itself. */
  readonly sets?: (value: never) => Readonly<Record<string, unknown>>;
}

/** Any text: the reader of the key validates it together with the other keys of the task. */
function typed(placeholder: string): ValueType<string> {
  return { placeholder, wanted: "a value", read: (text) => text };
}

const SLURM = "As in Slurm, the same as";

/** The flag of a key, from the declaration of the key. */
function declared(
  key: string,
  { about, flag, read, isOpen, completes }: Field & { readonly flag: KeyFlag },
): [string, TaskFlag] {
  const { name = key, placeholder, ...rest } = flag;
  const common = { key, help: about, ...rest };
  if (placeholder === undefined) return [name, common];
  if (isOpen === true)
    return [
      name,
      {
        ...common,
        value: completes === undefined ? PAIR : { ...PAIR, completes },
        sets: (pairs: readonly (readonly [string, string])[]) => ({ [key]: Object.fromEntries(pairs) }),
      },
    ];
  const choices = wordsOf(read.schema);
  const offered = {
    ...(choices !== undefined && { choices }),
    ...(completes !== undefined && { completes }),
  };
  return [name, { ...common, value: { ...typed(placeholder), ...offered } }];
}

const KEY_FLAGS: Readonly<Record<string, TaskFlag>> = Object.fromEntries(
  Object.entries(FIELDS).flatMap(([key, field]) =>
    field.flag === undefined ? [] : [declared(key, { ...field, flag: field.flag })],
  ),
);

const { timeout: TIMEOUT = { help: "" }, env: ENV = { help: "" } } = KEY_FLAGS;

/** The flags of `submit` and `run` that set keys of the tasks. */
export const TASK_FLAGS: Readonly<Record<string, TaskFlag>> = {
  ...KEY_FLAGS,
  timeout: { ...TIMEOUT, short: "t", sets: (text: string) => ({ timeout: durationFromClock(text) }) },
  env: {
    ...ENV,
    // In sbatch, -e is the file of stderr.
    value: {
      ...PAIR,
      near: (text: string) => (text === "" ? null : `for a link to the log of stderr: --error ${text}`),
    },
  },
  envFile: {
    value: { ...textValue("FILE", "a file"), completes: "files" },
    repeats: true,
    sets: (files: readonly string[]) => ({ envFrom: files.map((file) => ({ file })) }),
    group: "Task",
    help: "variables from a file of NAME=VALUE lines; their values are kept out of records",
  },
  jobName: {
    value: typed("NAME"),
    key: "name",
    short: "J",
    excludes: ["name"],
    group: SLURM,
    help: "--name",
  },
  ...SLURM_FLAGS,
  wrap: {
    value: textValue("LINE"),
    sets: (line: string) => ({ run: line }),
    group: "As in Slurm",
    help: "a task that runs this shell line",
  },
  set: {
    value: { ...KEY_VALUE, keys: taskKeys },
    repeats: true,
    sets: () => ({}),
    group: "Task",
    help: "any key of the task file, such as retry.maxAttempts=3 or env.A=b; flags override the file",
  },
};

/** What `submit` and `run` queue. */
export const FILES = {
  name: "FILE",
  count: "any",
  help: "task files or scripts (- for stdin), or a command after --",
  completes: "taskFiles",
} as const;

/** Keys of the task file that flags set, each with its flag. */
export type FlagFields = readonly TypedKey[];

/** Collects the keys of the task file that flags set, except those of a sweep. */
export function fieldsOf(flags: FlagValues<typeof TASK_FLAGS>): FlagFields {
  const given: Readonly<Record<string, unknown>> = flags;
  const options = slurmOptionsOf(flags);
  const ofOptions = new Set(options.map(({ flag }) => flag));
  const own = Object.entries<TaskFlag>(TASK_FLAGS).flatMap(([name, { key = name, sets }]) => {
    const value = given[name];
    if (value === undefined || ofOptions.has(long(name))) return [];
    // `sets` of a flag accepts the values of its own type.
    const pairs = Object.entries(sets?.(value as never) ?? { [key]: value });
    return pairs.map(([set, data]): TypedKey => [set, data, long(name)]);
  });
  return [
    ...own,
    ...keysOfOptions(options),
    ...settingsOf(pairsIn(flags)).filter(([key]) => !isKeyOfSweep(key)),
  ];
}

/** The keys of a sweep among those that `--set` sets. */
export function sweepSettingsOf(flags: FlagValues<typeof TASK_FLAGS>): FlagFields {
  return settingsOf(pairsIn(flags)).filter(([key]) => isKeyOfSweep(key));
}

function pairsIn({ set }: FlagValues<typeof TASK_FLAGS>): readonly (readonly [string, string])[] | undefined {
  // The values of KEY_VALUE.
  return set as never;
}

/** The pairs of `--set`, each with its name in messages. */
export function settingsOf(pairs: readonly (readonly [string, string])[] = []): TypedKey[] {
  return pairs.map(([key, text]) => [key, text, `${SET}${key}`]);
}

/** `matrix.lr` too, the values of one name. */
function isKeyOfSweep(key: string): boolean {
  return meaningOf(key).type === "sweep" || key.startsWith("matrix.");
}
