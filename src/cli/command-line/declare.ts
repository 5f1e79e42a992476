import type { KeyObjects } from "../../intake/keys/field.ts";
import { own } from "../../lib/own.ts";
import type { Problem } from "../../model/errors.ts";
import type { State } from "../../model/state.ts";
import type { Task } from "../../model/task.ts";
import type { Context } from "../context.ts";

/**
 * The command line as plain data: the parser, the error messages, the help and the shell completion read these declarations, and
 * no other code knows a flag. A new flag is one line in the verb that has it.
 */

/** Tasks in some states (default: all) that a verb can apply to. */
export interface TasksFor {
  readonly states?: readonly State[];
  readonly eligible: (task: Task) => boolean;
}

/**
 * The objects that a shell completes; "names" are those of tasks, "taskFiles" are YAML files and scripts, limits are the names of what is limited
 * with their `=`.
 */
export type Completes =
  | KeyObjects
  | TasksFor
  | "names"
  | "sweeps"
  | "openGroups"
  | "schedules"
  | "definitions"
  | "firingSchedules"
  | "pausedSchedules"
  | "taskFiles"
  | "laneLimits"
  | "labelLimits";

/** A word with its meaning; one that ends in `=` or `.` is to be continued. */
export type OfferedWord = readonly [word: string, meaning: string];

/** What a shell completes in a word. */
export interface Completable {
  /** All valid words. */
  readonly choices?: readonly string[];
  readonly completes?: Completes;
  /** Some valid words, where the reader of the value knows the others. */
  readonly offers?: readonly OfferedWord[];
  /** The keys of words like KEY=VALUE, or KEY.NAME=VALUE for open ones; a function, as only a shell asks for them. */
  readonly keys?: () => Readonly<Record<string, CompletableKey>>;
}

/** A key, and what a shell completes in its value. */
export interface CompletableKey extends Completable {
  readonly about: string;
  readonly isOpen?: true;
}

/** The type of a value on the command line: which texts are valid, and how they are parsed. */
export interface ValueType<T = unknown> extends Completable {
  /** Stands for a value in the help: `N`, `DURATION`. */
  readonly placeholder: string;
  /** What an error message says after "wanted": `a whole number from 1 to 9`. */
  readonly wanted: string;
  /** Parses a text; null where it is invalid. */
  readonly read: (text: string) => T | null;
  /** The hint for an invalid text; null where there is none. */
  readonly near?: (text: string) => string | null;
}

/** One flag; its key in `Flags` is its name: `camelCase` is typed as `--camel-case`. */
export interface Flag<T = unknown> {
  readonly help: string;
  /** Without it the flag is a switch. */
  readonly value?: ValueType<T>;
  /** May be given several times; its values are a list. */
  readonly repeats?: true;
  /** The text that applies where the flag is not given. */
  readonly default?: string;
  /** One letter. */
  readonly short?: string;
  /** Other names, without their dashes. */
  readonly aliases?: readonly string[];
  /** The keys of flags that cannot be combined with it. */
  readonly excludes?: readonly string[];
  /** Its heading in the help. */
  readonly group?: string;
  /** Accepted, but shown neither in the help nor in completions. */
  readonly hidden?: true;
}

export type Flags = Readonly<Record<string, Flag>>;

type ValueOf<F extends Flag> = F extends { readonly value: ValueType<infer T> }
  ? F extends { readonly repeats: true }
    ? readonly T[]
    : T
  : true;

/** The parsed values of declared flags; a flag that was not given and has no default is absent. */
export type FlagValues<F extends Flags> = {
  readonly [K in keyof F as F[K] extends { readonly default: string } ? K : never]: ValueOf<F[K]>;
} & { readonly [K in keyof F as F[K] extends { readonly default: string } ? never : K]?: ValueOf<F[K]> };

/** A positional argument; the parser refuses what is not among its `choices`. */
export interface Operand extends Completable {
  /** As the help shows it: `TASK`. */
  readonly name: string;
  readonly help: string;
  readonly count: "one" | "optional" | "any" | "some";
}

/** The result of a verb: its exit code, or the problem to report. */
export type Ended = number | Problem;

/** One call of a verb. */
export interface Call<F extends Flags = Flags> {
  readonly context: Context;
  readonly flags: FlagValues<F>;
  readonly operands: readonly string[];
  /** The command of a job: the words after `--`; null without a `--`. */
  readonly words: readonly string[] | null;
}

interface Declaration<F extends Flags> {
  readonly flags: F;
  readonly operands?: readonly Operand[];
  /** All words after `--` are the command of a job. */
  readonly takesCommand?: true;
  /** What to write instead of a flag that it lacks, from the flag as typed and its value; null where that is unknown. */
  readonly insteadOf?: (typed: string, value: string | null) => string | null;
  /** The last paragraph of the help. */
  readonly notes?: string;
  readonly run: (call: Call<F>) => Ended | Promise<Ended>;
}

/** A verb, or a subcommand of one. */
export type Verb = Declaration<Flags>;

export interface VerbGroup {
  readonly subcommands: Readonly<Record<string, Subcommand>>;
  /** Other names of subcommands, as other tools have them. */
  readonly aliases?: Readonly<Record<string, string>>;
  /** Subcommands that remove something, which are suggested for a clear typo only. */
  readonly grave?: readonly string[];
  /** The subcommand that runs where none is named. */
  readonly fallback?: string;
  readonly notes?: string;
}

interface Subcommand extends Verb {
  readonly summary: string;
  readonly hidden?: true;
}

/** The flags, verbs or subcommands that the help and completions show, with their names. */
export function visible<T extends { readonly hidden?: true }>(
  of: Readonly<Record<string, T>>,
): [string, T][] {
  return Object.entries(of).filter(([, { hidden }]) => hidden !== true);
}

/** The subcommand with a name or an alias; null where there is none. */
export function subcommandNamed(
  { subcommands, aliases = {} }: VerbGroup,
  typed: string,
): { readonly name: string; readonly subcommand: Subcommand } | null {
  const name = own(aliases, typed) ?? typed;
  const subcommand = own(subcommands, name);
  return subcommand === undefined ? null : { name, subcommand };
}

/** Declares a verb; `run` gets the flags with their types. */
export function declareVerb<const F extends Flags>(declaration: Declaration<F>): Verb {
  // The parser returns the values of the declared flags, with the types of the declaration.
  return declaration as unknown as Verb;
}

/** Declares a subcommand in the same way. */
export function declareSubcommand<const F extends Flags>(
  summary: string,
  declaration: Declaration<F> & { readonly hidden?: true },
): Subcommand {
  return { ...declareVerb(declaration), summary };
}

/** The flags of every verb. */
export const COMMON_FLAGS = {
  home: {
    value: {
      placeholder: "DIR",
      wanted: "a folder",
      read: (text: string): string | null => (text === "" ? null : text),
      completes: "folders",
    },
    help: "queue directory (default: $STINT_HOME, else ~/.local/share/stint)",
  },
  help: { help: "show this help", short: "h" },
  version: { help: "show the version", short: "V", hidden: true },
} as const satisfies Flags;
