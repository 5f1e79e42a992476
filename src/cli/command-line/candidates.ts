import { own } from "../../lib/own.ts";
import {
  COMMON_FLAGS,
  type Completable,
  type CompletableKey,
  type Completes,
  type Flag,
  type Flags,
  type OfferedWord,
  type Operand,
  subcommandNamed,
  type Verb,
  type VerbGroup,
  visible,
} from "./declare.ts";
import { flagsIn, isFlagLike } from "./parse.ts";
import { long, operandRoom } from "./usage.ts";

/** What can stand in the place of a word that is being typed. */
export interface Place {
  /** The part of the word that stays, such as `--state=`, `6,` or `labels.`. */
  readonly kept: string;
  /** The rest of the word. */
  readonly typed: string;
  /** Words for the rest. */
  readonly words: readonly OfferedWord[];
  /** The objects whose names can be the rest. */
  readonly completes: readonly Completes[];
}

/** A command line: the words before the one that is being typed, and that one as far as it was typed. */
export interface Typed {
  readonly before: readonly string[];
  readonly current: string;
}

/** What can follow a verb; "command" where the word belongs to the command of a job. */
export function placeAfter(verb: Verb | VerbGroup, { before, current }: Typed): Place | "command" {
  if ("subcommands" in verb) {
    const [name = verb.fallback, ...rest] = before;
    const found = name === undefined ? null : subcommandNamed(verb, name);
    if (found !== null && (before.length > 0 || current.startsWith("-")))
      return placeAfter(found.subcommand, { before: rest, current });
    const others = Object.entries(verb.aliases ?? {}).map(
      ([alias, called]): OfferedWord => [alias, verb.subcommands[called]?.summary ?? ""],
    );
    return before.length > 0
      ? none(current)
      : wordsFor(current, visible(verb.subcommands).map(toOffered), others);
  }
  const cut = before.indexOf("--");
  if (cut >= 0 && verb.takesCommand) return "command";
  const { operands: declared = [] } = verb;
  const { given, operands, last, isAwaited } = readSoFar(verb, cut < 0 ? before : before.slice(0, cut));
  const count = operands + (cut < 0 ? 0 : before.length - cut - 1);
  if (cut < 0) {
    if (isAwaited && last !== null) return placeIn(last.value ?? {}, { kept: "", typed: current });
    if (current.startsWith("-")) return flagPlace(verb, { given, current });
    if (last?.repeats && count >= operandRoom(declared))
      return placeIn(last.value ?? {}, { kept: "", typed: current });
  }
  const operand = declared[Math.min(count, declared.length - 1)];
  if (operand !== undefined && (count < declared.length || isOpen(operand)))
    return placeIn(withSweeps(operand), { kept: "", typed: current });
  return flagPlace(verb, { given, current });
}

/** What the words before say. */
interface SoFar {
  /** The keys of the flags. */
  readonly given: ReadonlySet<string>;
  readonly operands: number;
  /** The flag that the last value belongs to; null after an operand or a switch. */
  readonly last: Flag | null;
  /** True where its value comes next. */
  readonly isAwaited: boolean;
}

function readSoFar(verb: Verb, before: readonly string[]): SoFar {
  const flags: Flags = { ...verb.flags, ...COMMON_FLAGS };
  const room = operandRoom(verb.operands ?? []);
  const given = new Set<string>();
  let operands = 0;
  let last: Flag | null = null;
  let isAwaited = false;
  for (const word of before) {
    if (isAwaited) {
      isAwaited = false;
      continue;
    }
    if (!isFlagLike(word)) {
      // A flag that repeats takes further words where no operand is allowed.
      if (last?.repeats && operands >= room) continue;
      operands += 1;
      last = null;
      continue;
    }
    for (const { key, inline } of flagsIn(word, flags)) {
      const flag: Flag | undefined = key === null ? undefined : flags[key];
      if (key !== null) given.add(key);
      last = flag?.value === undefined ? null : flag;
      isAwaited = last !== null && inline === null;
    }
  }
  return { given, operands, last, isAwaited };
}

/** A flag, or the value in the same word. */
function flagPlace(
  { flags: declared }: Verb,
  { given, current }: { readonly given: ReadonlySet<string>; readonly current: string },
): Place {
  const flags: Flags = { ...declared, ...COMMON_FLAGS };
  const cut = current.startsWith("--") ? current.indexOf("=") : -1;
  if (cut > 0) {
    const [key] = [...flagsIn(current, flags)].map((spelled) => spelled.key);
    const value = flags[key ?? ""]?.value;
    return value === undefined
      ? none(current)
      : placeIn(value, { kept: current.slice(0, cut + 1), typed: current.slice(cut + 1) });
  }
  const excluded = new Set([...given].flatMap((key) => flags[key]?.excludes ?? []));
  const free = visible(flags).filter(
    ([key, { repeats }]) => !excluded.has(key) && (repeats === true || !given.has(key)),
  );
  const names = free.map(([key, { help }]): OfferedWord => [long(key), help]);
  const aliases = free.flatMap(([, { help, aliases: others = [] }]) =>
    others.map((other): OfferedWord => [`--${other}`, help]),
  );
  return wordsFor(current, names, aliases);
}

/** Where several tasks are valid, so is the name of a sweep. */
function withSweeps(operand: Operand): Completable & { readonly also?: Completes } {
  const isOfTasks = operand.completes === "tasks" || typeof operand.completes === "object";
  return isOfTasks && isOpen(operand) ? { ...operand, also: "sweeps" } : operand;
}

function isOpen({ count }: Operand): boolean {
  return count === "any" || count === "some";
}

/** What can stand in a word of a type, of which `kept` was read already. */
function placeIn(
  type: Completable & { readonly also?: Completes },
  { kept, typed }: Pick<Place, "kept" | "typed">,
): Place {
  const { choices = [], offers = [], completes, also, keys } = type;
  const key = keys === undefined ? null : keyPlace(keys(), { kept, typed });
  // Where a task is valid too, its keys follow once something is typed.
  if (key !== null && (completes === undefined || key.kept !== kept)) return key;
  const comma = isList(type) ? typed.lastIndexOf(",") + 1 : 0;
  const named = typed.slice(0, comma).split(",");
  return {
    kept: kept + typed.slice(0, comma),
    typed: typed.slice(comma),
    words: [
      ...choices.filter((choice) => !named.includes(choice)).map((choice): OfferedWord => [choice, ""]),
      ...offers,
      ...(typed === "" ? [] : (key?.words ?? [])),
    ],
    completes: [completes, also].filter((one) => one !== undefined),
  };
}

/** True where a word may be a list with commas. */
function isList(type: Completable & { readonly read?: (text: string) => unknown }): boolean {
  const { choices: [first, second] = [], completes, read } = type;
  if (completes === "tasks" || completes === "gpus" || typeof completes === "object") return true;
  return second !== undefined && read !== undefined && read(`${first},${second}`) !== null;
}

function keyPlace(
  keys: Readonly<Record<string, CompletableKey>>,
  { kept, typed }: Pick<Place, "kept" | "typed">,
): Place {
  const [open] = Object.entries(keys).find(([key, one]) => one.isOpen && typed.startsWith(`${key}.`)) ?? [];
  const name = open ?? (typed.includes("=") ? typed.slice(0, typed.indexOf("=")) : null);
  if (name === null) {
    const words = Object.entries(keys).map(
      ([key, { about, isOpen: isMap }]): OfferedWord => [`${key}${isMap ? "." : "="}`, about],
    );
    return { kept, typed, words, completes: [] };
  }
  const cut = name.length + 1;
  return placeIn(own(keys, name) ?? {}, { kept: kept + typed.slice(0, cut), typed: typed.slice(cut) });
}

function toOffered([name, { summary }]: readonly [string, { readonly summary: string }]): OfferedWord {
  return [name, summary];
}

/** Words, and other names for them, which are offered only where none of the words begins as typed. */
export function wordsFor(
  typed: string,
  words: readonly OfferedWord[],
  aliases: readonly OfferedWord[] = [],
): Place {
  const begins = ([word]: OfferedWord): boolean => word.startsWith(typed);
  const offered = words.some(begins) ? words : [...words, ...aliases.filter(begins)];
  return { kept: "", typed, words: offered, completes: [] };
}

function none(typed: string): Place {
  return { kept: "", typed, words: [], completes: [] };
}
