import { fieldNamed } from "../key-names.ts";
import { shebangRuntime } from "../runtime.ts";
import type { Entry, Value } from "../value.ts";
import { type FillFault, fill, type Language, type Lookup, textTemplate } from "./placeholder.ts";

/** A value that could not be filled, with its text. */
export interface ValueFault extends FillFault {
  readonly value: Value;
}

/** Makes a value for one member; collects faults. */
export type Filler = (lookup: Lookup, unfilled: ValueFault[]) => Value;

/** Splits the value of a key once for all members; null where it is the same for all. */
export function fillerOf(
  { key, value }: Entry,
  { beside, hasSweep }: { readonly beside: readonly Entry[]; readonly hasSweep: boolean },
): Filler | null {
  return valueFiller(value, { language: languageOf(key, value, beside), hasSweep });
}

interface Manner {
  readonly language: Language;
  readonly hasSweep: boolean;
}

function valueFiller(value: Value, manner: Manner): Filler | null {
  if (value.type === "scalar") return scalarFiller(value, manner);
  const below = { ...manner, language: listLanguage(manner.language) };
  if (value.type === "list") {
    const fillers = value.items.map((item) => valueFiller(item, below));
    if (fillers.every((filler) => filler === null)) return null;
    return (lookup, unfilled) => ({
      ...value,
      items: value.items.map((item, index) => fillers[index]?.(lookup, unfilled) ?? item),
    });
  }
  const fillers = value.entries.map((entry) => valueFiller(entry.value, below));
  if (fillers.every((filler) => filler === null)) return null;
  return (lookup, unfilled) => ({
    ...value,
    entries: value.entries.map((entry, index) => ({
      ...entry,
      value: fillers[index]?.(lookup, unfilled) ?? entry.value,
    })),
  });
}

/** Items of a list are arguments, not a shell line. */
function listLanguage(language: Language): Language {
  return language === "shell" ? "text" : language;
}

function scalarFiller(value: Extract<Value, { type: "scalar" }>, manner: Manner): Filler | null {
  const template = textTemplate(value.text, manner);
  if (template === null || typeof value.data !== "string") return null;
  return (lookup, unfilled) => {
    const text = fill(template, lookup);
    if (text.ok) return { ...value, text: text.value, data: dataOf(text.value) };
    unfilled.push({ ...text.error, value });
    return value;
  };
}

/** A filled value is read as YAML text would be, so that it can be a number. */
export function dataOf(text: string): string | number | boolean {
  if (/^-?(0|[1-9]\d*)(\.\d+)?$/.test(text)) return Number(text);
  return text === "true" ? true : text === "false" ? false : text;
}

function languageOf(key: string, value: Value, beside: readonly Entry[]): Language {
  // A command of a notice may be a shell line or a program: only plain words are safe in both.
  if (/^(notify|on)(\.|$)/.test(key)) return "code";
  switch (fieldNamed(key)?.key ?? "") {
    case "name":
      return "name";
    // Arguments in one line are split into words as in a shell.
    case "args":
      return "shell";
    case "run":
    case "script":
      return isShell(value, beside) ? "shell" : "code";
    default:
      return "text";
  }
}

function isShell(script: Value, beside: readonly Entry[]): boolean {
  const given = beside.find(({ key }) => fieldNamed(key)?.key === "runtime")?.value;
  if (given !== undefined) return given.type === "scalar" && /^(sh|bash|shell)$/i.test(given.text);
  const own = script.type === "scalar" ? shebangRuntime(script.text) : null;
  return own === null || own === "sh" || own === "bash";
}
