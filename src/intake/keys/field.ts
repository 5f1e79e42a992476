import type { Kind } from "../../model/kind.ts";
import type { Reader } from "../readers.ts";
import type { Schema } from "../schema.ts";

/** What a shell completes in the value of a key: objects of the queue or of this machine, or paths. */
export type KeyObjects = "tasks" | "labels" | "lanes" | "topics" | "gpus" | "gpuModels" | "files" | "folders";

/** The flag of `submit` and `run` that sets a key. */
export interface KeyFlag {
  /** Its heading in the help. */
  readonly group: "Task" | "Resources" | "Scheduling" | "Sweep";
  /** In camel case; default: the key. */
  readonly name?: string;
  /** The placeholder of its value in the help; absent for a switch. */
  readonly placeholder?: string;
  /** May be given several times: `NAME=VALUE` pairs for a mapping with the user's names, else a list. */
  readonly repeats?: true;
  /** One letter. */
  readonly short?: string;
  /** Other names, without their dashes. */
  readonly aliases?: readonly string[];
}

/** Another spelling of a key. */
export interface Alias {
  /** The unit of bare numbers under this spelling. */
  readonly unit?: string;
  /** True where 0 and the empty text mean unset, as in the tools that the spelling comes from. */
  readonly isZeroAbsent?: true;
  /** True for a spelling of stint itself, which the schema has too. */
  readonly isOurs?: true;
}

/** The description of a key for the help and editors. */
export interface Described {
  /** A short phrase without markup, for the help. */
  readonly about: string;
  /** Details for the tables of the help, such as the format. */
  readonly more?: string;
  /** The default. */
  readonly without?: string;
  readonly flag?: KeyFlag;
}

/**
 * One key of the task file, and all that depends on it in one place: reader and schema, flag and help, the row of the help, other
 * spellings, the kinds of job that it is for, and how `show` prints it.
 */
export interface Field extends Described {
  readonly read: Reader<unknown>;
  /** Its path in a candidate, which from `spec` on is its path in the record. */
  readonly to: readonly string[];
  readonly completes?: KeyObjects;
  /** Taken as typed on the command line; others are read as YAML. */
  readonly isVerbatim?: true;
  /** A mapping with the user's names: `labels.paper` sets one of them. */
  readonly isOpen?: true;
  /** `stint set key=default` is refused, as there is no default. */
  readonly hasNoDefault?: true;
  /** Set where `stint set` refuses the key: what to do instead. */
  readonly isFixed?: string;
  /** The only kind of job that it is for; absent for all. */
  readonly kind?: Kind["type"];
  /** Without any of these keys it has no effect. */
  readonly needs?: readonly string[];
  /** The key beside which it has no effect. */
  readonly notWith?: string;
  readonly also?: Readonly<Record<string, Alias>>;
  /** How `show` prints a value that is not the default; null where another key prints it. Default: the key and the value. */
  readonly show?: ((value: never, moment: (instant: string) => string) => string) | null;
}

export type Fields = Readonly<Record<string, Field>>;

/** A key that makes a sweep of a document; `sweep/` reads it, before the members. */
export interface SweepKey extends Described {
  readonly schema: Schema;
}
