import { meaningOf } from "../key-names.ts";
import { shebangRuntime } from "../runtime.ts";
import type { Entry, Value } from "../value.ts";
import { type FillTrouble, fill, type Language, type Lookup, textTemplate } from "./placeholder.ts";

/** A value that could not be filled, with what stands there. */
export interface ValueTrouble extends FillTrouble {
  readonly value: Value;
}

/** Makes a value for one member; troubles are collected. */
export type Filler = (lookup: Lookup, troubles: ValueTrouble[]) => Value;

/** Takes the value of a key apart once for all members; null where no member changes it. */
export function fillerOf({ key, value }: Entry, beside: readonly Entry[]): Filler | null {
  return valueFiller(value, languageOf(key, value, beside));
}

function valueFiller(value: Value, language: Language): Filler | null {
  if (value.type === "scalar") return scalarFiller(value, language);
  if (value.type === "list") {
    const fillers = value.items.map((item) => valueFiller(item, listLanguage(language)));
    if (fillers.every((filler) => filler === null)) return null;
    return (lookup, troubles) => ({
      ...value,
      items: value.items.map((item, index) => fillers[index]?.(lookup, troubles) ?? item),
    });
  }
  const fillers = value.entries.map((entry) => valueFiller(entry.value, listLanguage(language)));
  if (fillers.every((filler) => filler === null)) return null;
  return (lookup, troubles) => ({
    ...value,
    entries: value.entries.map((entry, index) => ({
      ...entry,
      value: fillers[index]?.(lookup, troubles) ?? entry.value,
    })),
  });
}

/** Items reach the program as they are: they are no line of a shell. */
function listLanguage(language: Language): Language {
  return language === "shell" ? "text" : language;
}

function scalarFiller(value: Extract<Value, { type: "scalar" }>, language: Language): Filler | null {
  const template = textTemplate(value.text, language);
  if (template === null || typeof value.data !== "string") return null;
  return (lookup, troubles) => {
    const text = fill(template, lookup);
    if (text.ok) return { ...value, text: text.value, data: dataOf(text.value) };
    troubles.push({ ...text.error, value });
    return value;
  };
}

/** A filled value is read as if it had been written there, so that it can be a number. */
function dataOf(text: string): string | number | boolean {
  if (/^-?(0|[1-9]\d*)(\.\d+)?$/.test(text)) return Number(text);
  return text === "true" ? true : text === "false" ? false : text;
}

function languageOf(key: string, value: Value, beside: readonly Entry[]): Language {
  // Commands of notices are lines and programs alike: only what is plain in every place may stand there.
  if (/^(notify|on)(\.|$)/.test(key)) return "code";
  switch (fieldOf(key) ?? "") {
    case "name":
      return "name";
    // The arguments in one line are split into words as a shell would.
    case "run":
    case "args":
      return "shell";
    case "script":
      return isShell(value, beside) ? "shell" : "code";
    default:
      return "text";
  }
}

function isShell(script: Value, beside: readonly Entry[]): boolean {
  const given = beside.find(({ key }) => fieldOf(key) === "runtime")?.value;
  if (given !== undefined) return given.type === "scalar" && /^(sh|bash|shell)$/i.test(given.text);
  const own = script.type === "scalar" ? shebangRuntime(script.text) : null;
  return own === null || own === "sh" || own === "bash";
}

/** The canonical spelling of a key of the task. */
export function fieldOf(key: string): string | null {
  const meaning = meaningOf(key);
  return meaning.type === "field" ? meaning.key : null;
}
