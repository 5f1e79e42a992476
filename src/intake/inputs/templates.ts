import { ok, type Result } from "../../lib/result.ts";
import type { JsonObject } from "../../model/job-data.ts";
import { setAt, type Tree } from "../candidate.ts";
import type { Fault } from "../fault.ts";
import { fieldAssignments } from "../field-assignments.ts";
import { fillerOf } from "../sweep/fill-value.ts";
import { placeholdersIn, withInputs } from "../sweep/placeholder.ts";
import { type Entry, fromPlain, toPlain, type Value } from "../value.ts";
import { type Inputs, inputText } from "./resolve.ts";

/*
 * A task keeps the texts that its inputs fill, by their keys: where an input is changed, by `stint set` or a copy of the task, they are
 * filled again, so that the program never runs with another value than the record tells.
 */

/** Writes inputs into a candidate. */
export function setInputs(
  candidate: Tree,
  { values, specs, templates }: Inputs & { readonly templates: JsonObject },
): void {
  const isEmpty = (of: object): boolean => Object.keys(of).length === 0;
  setAt(candidate, ["spec", "inputs"], values);
  setAt(candidate, ["spec", "inputSpecs"], isEmpty(specs) ? undefined : specs);
  setAt(candidate, ["spec", "templates"], isEmpty(templates) ? undefined : templates);
}

/** The values with a placeholder of an input, by their keys; of `env` and the like each name by itself. */
export function templatesIn(entries: readonly Entry[]): JsonObject {
  const found: Record<string, unknown> = {};
  for (const { key, child, field, entry } of fieldAssignments(entries.filter(({ value }) => hasInput(value)))
    .given) {
    // A name is not filled again: ids and scripts refer to it.
    if (key === "name") continue;
    const { value } = entry;
    const isMap = field.isOpen === true && child === undefined && value.type === "mapping";
    const parts: (readonly [string, Value])[] = isMap
      ? value.entries.map((one) => [`${key}.${one.key}`, one.value] as const)
      : [[child === undefined ? key : `${key}.${child}`, value]];
    for (const [path, part] of parts) if (hasInput(part)) found[path] = toPlain(part);
  }
  return found as JsonObject;
}

function hasInput(value: Value): boolean {
  if (value.type === "list") return value.items.some(hasInput);
  if (value.type === "mapping") return value.entries.some((entry) => hasInput(entry.value));
  return placeholdersIn(value.text, true).some(({ kind }) => kind === "inputs");
}

/** Of no text, and not of a flag: a value that a file had. */
const FROM_RECORD = { start: 0, end: 0 };

/** Fills templates again. */
export function refilled(
  templates: JsonObject,
  { values, runtime }: { readonly values: JsonObject; readonly runtime: string | undefined },
): Result<Entry[], Fault[]> {
  const beside = runtime === undefined ? [] : [entryOf("runtime", runtime)];
  const lookup = withInputs(
    () => undefined,
    (name) => inputText(values, name),
  );
  const faults: Fault[] = [];
  const entries = Object.entries(templates).map(([key, data]) => {
    const entry = entryOf(key, data);
    const filler = fillerOf(entry, { beside, hasSweep: false });
    const unfilled: { readonly message: string; readonly hint: string }[] = [];
    const value = filler?.(lookup, unfilled as never[]) ?? entry.value;
    faults.push(...unfilled.map(({ message, hint }) => ({ span: FROM_RECORD, message, hint })));
    return { ...entry, value };
  });
  return faults.length > 0 ? { ok: false, error: faults } : ok(entries);
}

function entryOf(key: string, data: unknown): Entry {
  return { key, span: FROM_RECORD, value: fromPlain(data, key) };
}
