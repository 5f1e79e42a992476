import type { Reader } from "../readers.ts";
import type { Schema } from "../schema.ts";

/** The flag of `submit` and `run` that sets a key. */
export interface KeyFlag {
  /** The heading that it stands under in the help. */
  readonly group: "Of the task" | "What it needs" | "When it starts" | "Many tasks of one";
  /** In camel case; absent where it is that of the key. */
  readonly name?: string;
  /** Stands for its value in the help; absent for a switch. */
  readonly placeholder?: string;
  /** May be given several times: `NAME=VALUE` pairs for a mapping of the user's own names, else a list. */
  readonly repeats?: true;
  /** What the queue holds and a shell may offer. */
  readonly completes?: "tasks";
  /** One letter. */
  readonly short?: string;
  /** Other names, without their dashes. */
  readonly aliases?: readonly string[];
}

/** Another spelling of a key. */
export interface Alias {
  /** Of the bare numbers that the spelling stands for. */
  readonly unit?: string;
  /** In the seeds, 0 and the empty text mean: not said. */
  readonly isZeroAbsent?: true;
  /** No seed's word but one of our own, which editors are told of too. */
  readonly isOurs?: true;
}

/** What the README, the help and editors say of a key. */
export interface Described {
  /** In a few words without markup, as the help has it. */
  readonly about: string;
  /** What else the README says, as its form. */
  readonly more?: string;
  /** What holds where it is not said. */
  readonly without?: string;
  readonly flag?: KeyFlag;
}

/**
 * One key of the task file, and all that is said of it in one place: reader and schema, flag and help, the row of the README, other
 * spellings, the kinds of job that it is for, how `show` tells of it.
 */
export interface Field extends Described {
  readonly read: Reader<unknown>;
  /** Where it goes in a candidate, which from `spec` on is its place in the record. */
  readonly to: readonly string[];
  /** On the command line it is taken as typed; the others are read as YAML. */
  readonly isVerbatim?: true;
  /** A mapping with names of the user's own: `labels.paper` sets one of them. */
  readonly isOpen?: true;
  /** `stint set key=default` has nothing to go back to. */
  readonly hasNoDefault?: true;
  /** Why `stint set` refuses it: what to do instead. */
  readonly isFixed?: string;
  /** The one kind of job that it is for; absent for all. */
  readonly kind?: "subprocess" | "container";
  /** The key without which it has no use. */
  readonly needs?: string;
  readonly also?: Readonly<Record<string, Alias>>;
  /** How `show` tells of a value that is not the default; null where it is told with another. Absent: the key and the value. */
  readonly show?: ((value: never, moment: (instant: string) => string) => string) | null;
}

export type Fields = Readonly<Record<string, Field>>;

/** A key that makes one document many tasks; it is read by `sweep/`, before its members. */
export interface SweepKey extends Described {
  readonly schema: Schema;
}
