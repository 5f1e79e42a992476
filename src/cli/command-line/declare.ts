import type { Problem } from "../../model/errors.ts";
import type { Context } from "../context.ts";

/**
 * What a command line may say, as plain data: the parser, the refusals, the help and the completion of the shells all read these
 * declarations, and nothing else knows a flag. To add a flag is to add one line to the verb that has it.
 */

/** What the text of a flag or an operand may be, and what it means. */
export interface ValueType<T = unknown> {
  /** Stands for a value in the help: `N`, `DURATION`. */
  readonly placeholder: string;
  /** What a refusal says after "wanted": `a whole number from 1 to 9`. */
  readonly wanted: string;
  /** The value that a text means; null where it means none. */
  readonly read: (text: string) => T | null;
  /** All values there are, for suggestions and for completion. */
  readonly choices?: readonly string[];
  /** What the queue holds and a shell may offer. */
  readonly completes?: "tasks";
}

/** One flag; its name is its key in `Flags`, which `camelCase` writes as `--camel-case`. */
export interface Flag<T = unknown> {
  readonly help: string;
  /** Without it the flag is a switch. */
  readonly value?: ValueType<T>;
  /** It may be given several times, and its values are a list. */
  readonly repeats?: true;
  /** As typed; it stands where the flag is not given. */
  readonly default?: string;
  /** One letter. */
  readonly short?: string;
  /** Other names, without their dashes. */
  readonly aliases?: readonly string[];
  /** The names of flags, in their `camelCase`, that cannot stand beside it. */
  readonly excludes?: readonly string[];
  /** The heading that it stands under in the help. */
  readonly group?: string;
  /** Known, and shown nowhere. */
  readonly hidden?: true;
}

export type Flags = Readonly<Record<string, Flag>>;

/** What the parser makes of a flag. */
type ValueOf<F extends Flag> = F extends { readonly value: ValueType<infer T> }
  ? F extends { readonly repeats: true }
    ? readonly T[]
    : T
  : true;

/** What the parser makes of declared flags; those that were not given and have no default are not there. */
export type FlagValues<F extends Flags> = {
  readonly [K in keyof F as F[K] extends { readonly default: string } ? K : never]: ValueOf<F[K]>;
} & {
  readonly [K in keyof F as F[K] extends { readonly default: string } ? never : K]?: ValueOf<F[K]>;
};

/** Words that belong to no flag. */
export interface Operand {
  /** As the help shows it: `TASK`. */
  readonly name: string;
  readonly help: string;
  readonly count: "one" | "optional" | "any" | "some";
  /** Checked by the parser; the verb gets the text. */
  readonly choices?: readonly string[];
  /** Beginnings of such words with their meaning, for completion alone. */
  readonly offers?: readonly (readonly [word: string, meaning: string])[];
  readonly completes?: "tasks";
}

/** How a verb ended: its exit code, or a problem to be told. */
export type Ended = number | Problem;

/** One call of a verb. */
export interface Call<F extends Flags = Flags> {
  readonly context: Context;
  readonly flags: FlagValues<F>;
  readonly operands: readonly string[];
  /** The command of a job, which stands after `--`; null where there is no `--`. */
  readonly words: readonly string[] | null;
}

interface Declaration<F extends Flags> {
  readonly flags: F;
  readonly operands?: readonly Operand[];
  /** What stands after `--` is the command of a job, to its last word. */
  readonly takesCommand?: true;
  /** Said at the end of the help. */
  readonly notes?: string;
  readonly run: (call: Call<F>) => Ended | Promise<Ended>;
}

/** A verb, or a subcommand of one. */
export type Verb = Declaration<Flags>;

/** A verb that has only subcommands. */
export interface VerbGroup {
  readonly subcommands: Readonly<Record<string, Subcommand>>;
  /** The one that is meant where none is named. */
  readonly fallback?: string;
  readonly notes?: string;
}

interface Subcommand extends Verb {
  readonly summary: string;
  readonly hidden?: true;
}

/** Declares a verb; its action gets the flags with their types. */
export function declareVerb<const F extends Flags>(declaration: Declaration<F>): Verb {
  // The parser gives a verb what its own flags mean, and no other.
  return declaration as unknown as Verb;
}

/** Declares a subcommand in the same way. */
export function declareSubcommand<const F extends Flags>(
  summary: string,
  declaration: Declaration<F> & { readonly hidden?: true },
): Subcommand {
  return { ...declareVerb(declaration), summary };
}

/** What every verb has. */
export const COMMON_FLAGS = {
  home: {
    value: {
      placeholder: "DIR",
      wanted: "a folder",
      read: (text: string): string | null => (text === "" ? null : text),
    },
    help: "the folder that holds the queue (else STINT_HOME, else ~/.local/share/stint)",
  },
  help: { help: "show this help", short: "h" },
  version: { help: "show the version", short: "V", hidden: true },
} as const satisfies Flags;
