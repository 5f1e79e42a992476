import { own } from "../../lib/own.ts";
import { err, ok, type Result } from "../../lib/result.ts";
import type { Problem } from "../../model/errors.ts";
import { isScriptName } from "../../model/script-name.ts";
import { placeOf, withDashes } from "../meant-line.ts";
import { COMMON_FLAGS, type Flag, type Flags, type ValueType, type Verb } from "./declare.ts";
import {
  exclusion,
  long,
  miscount,
  missingValue,
  needlessValue,
  operandRoom,
  unknownFlag,
  wrongValue,
} from "./usage.ts";

/** The parsed words of a command line. */
export interface Parsed {
  /** By their keys in the declaration. */
  readonly flags: Readonly<Record<string, unknown>>;
  readonly operands: readonly string[];
  readonly words: readonly string[] | null;
}

/**
 * Parses the words after a verb; `name` is for messages. Written by hand, as loading `parseArgs` of `node:util` costs 0.7 ms of a
 * start. The value of a flag is the next word, even one with a dash, unless it is a known flag (`--priority -5`). A flag that repeats
 * takes several words only where none of them could be an operand, so that it never takes a file; with a command after `--`, those that can
 * be its values: the others may be the script that the words after `--` are for.
 */
export function parse(
  verb: Verb,
  { name, typed }: { readonly name: string; readonly typed: readonly string[] },
): Result<Parsed, Problem> {
  const cut = typed.indexOf("--");
  const before = cut < 0 ? typed : typed.slice(0, cut);
  const after = cut < 0 ? null : typed.slice(cut + 1);
  const words = verb.takesCommand ? after : null;
  const read = readWords(verb, { name, typed: before, isCommand: words !== null });
  if (!read.ok) return read;
  const { texts } = read.value;
  const operands = [...read.value.operands, ...(verb.takesCommand ? [] : (after ?? []))];
  const flags = { ...verb.flags, ...COMMON_FLAGS };
  const values = valuesOf(texts, flags);
  if (!values.ok) return values;
  for (const [key, { excludes = [] }] of Object.entries(verb.flags)) {
    const other = texts.has(key) ? excludes.find((one) => texts.has(one)) : undefined;
    if (other !== undefined) return err(exclusion(long(key), long(other)));
  }
  const wrong = miscount(name, { verb, given: operands }) ?? wrongOperand(verb, operands);
  return wrong === null ? ok({ flags: values.value, operands, words }) : err(wrong);
}

/** The texts of the flags that were given, by key; a switch has an empty list. */
type Texts = ReadonlyMap<string, readonly string[]>;

interface Line {
  readonly name: string;
  /** The words before `--`. */
  readonly typed: readonly string[];
  /** True where a command follows `--`, and so no operand is allowed. */
  readonly isCommand: boolean;
}

function readWords(
  verb: Verb,
  { name, typed, isCommand }: Line,
): Result<{ texts: Texts; operands: string[] }, Problem> {
  const flags: Flags = { ...verb.flags, ...COMMON_FLAGS };
  const texts = new Map<string, string[]>();
  const operands: string[] = [];
  const room = isCommand ? 0 : operandRoom(verb.operands ?? []);
  let at = 0;
  while (at < typed.length) {
    const word = typed[at] ?? "";
    at += 1;
    if (!isFlagLike(word)) {
      operands.push(word);
      continue;
    }
    const flagAt = at - 1;
    for (const { called, key, inline } of flagsIn(word, flags)) {
      const flag = key === null ? undefined : flags[key];
      if (key === null || flag === undefined) {
        const takesWords = verb.takesCommand === true && !isCommand;
        const ofCommand = takesWords ? commandMeant(operands, { name, typed, flagAt }) : null;
        const whole = isOneWord(word) ? word : called;
        return err(
          unknownFlag(name, { typed: whole, value: inline ?? valueAfter(typed[at]), ofCommand }, verb),
        );
      }
      const { value, repeats } = flag;
      const before = repeats ? (texts.get(key) ?? []) : [];
      if (value === undefined) {
        if (inline !== null) return err(needlessValue(called, inline));
        texts.set(key, []);
        continue;
      }
      if (inline !== null) {
        texts.set(key, [...before, inline]);
        continue;
      }
      const next = typed[at];
      if (next === undefined || isKnownFlag(next, flags)) return err(missingValue(long(key), value, next));
      let end = at + 1;
      if (repeats && operands.length >= room)
        while (end < typed.length && isValueOf(value, typed[end] ?? "")) end += 1;
      texts.set(key, [...before, ...typed.slice(at, end)]);
      at = end;
    }
  }
  return ok({ texts, operands });
}

/** The line that is meant where a flag after an operand is one of a script or of a program; null where there is no operand. */
function commandMeant(
  [first, second]: readonly string[],
  {
    name,
    typed,
    flagAt,
  }: { readonly name: string; readonly typed: readonly string[]; readonly flagAt: number },
): string | null {
  if (first === undefined || /\.(ya?ml|json)$/i.test(first)) return null;
  const line = [name, ...typed];
  const at = placeOf(first, line);
  const argument = second === undefined ? flagAt + 1 : line.indexOf(second, at + 1);
  return withDashes(line, isScriptName(first) ? argument : at);
}

function isValueOf(value: ValueType, word: string): boolean {
  return !isFlagLike(word) && value.read(word) !== null;
}

/** True for `-100` and `-KILL`, which are no letters of flags one after the other. */
function isOneWord(word: string): boolean {
  return /^-(?:\d+|[A-Z][A-Z\d]{2,})$/.test(word);
}

/** The word after an unknown flag, which is its value unless it is a flag. */
function valueAfter(next: string | undefined): string | null {
  return next === undefined || isFlagLike(next) ? null : next;
}

export function isFlagLike(word: string): boolean {
  return word.length > 1 && word.startsWith("-");
}

/** One flag of a word; one dash may be followed by several letters, and the last one by its value. */
interface Spelled {
  /** As it was typed, without a value. */
  readonly called: string;
  /** Null where the verb has no such flag. */
  readonly key: string | null;
  /** The value in the same word; null where there is none. */
  readonly inline: string | null;
}

export function* flagsIn(word: string, flags: Flags): Generator<Spelled> {
  if (word.startsWith("--")) {
    const cut = word.indexOf("=");
    const called = cut < 0 ? word : word.slice(0, cut);
    yield { called, key: longKey(called, flags), inline: cut < 0 ? null : word.slice(cut + 1) };
    return;
  }
  for (let index = 1; index < word.length; index += 1) {
    const letter = word.charAt(index);
    const key = Object.keys(flags).find((name) => flags[name]?.short === letter) ?? null;
    const rest = word.slice(index + 1);
    const takesRest = key !== null && flags[key]?.value !== undefined && rest !== "";
    yield { called: `-${letter}`, key, inline: takesRest ? rest : null };
    if (key === null || takesRest) return;
  }
}

function longKey(called: string, flags: Flags): string | null {
  const key = called.slice(2).replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
  if (own(flags, key) !== undefined && long(key) === called) return key;
  return Object.keys(flags).find((name) => flags[name]?.aliases?.includes(called.slice(2))) ?? null;
}

function isKnownFlag(word: string, flags: Flags): boolean {
  return isFlagLike(word) && [...flagsIn(word, flags)].every(({ key }) => key !== null);
}

function valuesOf(texts: Texts, flags: Flags): Result<Record<string, unknown>, Problem> {
  const values: Record<string, unknown> = {};
  for (const [key, found] of texts) {
    const { value, repeats } = flags[key] ?? ({ help: "" } satisfies Flag);
    if (value === undefined) {
      values[key] = true;
      continue;
    }
    const read: unknown[] = [];
    for (const typed of found) {
      const one = value.read(typed);
      if (one === null) return err(wrongValue(long(key), typed, value));
      read.push(one);
    }
    values[key] = repeats ? read : read[0];
  }
  for (const [key, { default: standing, value }] of Object.entries(flags))
    if (standing !== undefined && !texts.has(key)) values[key] = value?.read(standing);
  return ok(values);
}

function wrongOperand({ operands: declared = [] }: Verb, operands: readonly string[]): Problem | null {
  for (const [index, { name: called, choices }] of declared.entries()) {
    const typed = operands[index];
    if (choices === undefined || typed === undefined || choices.includes(typed)) continue;
    return wrongValue(called, typed, { choices, wanted: `one of ${choices.join(", ")}` });
  }
  return null;
}
