import { err, ok, type Result } from "../lib/result.ts";
import type { DefinitionMark } from "../model/definition.ts";
import type { SubmissionContext } from "./candidate.ts";
import { called, type Fault, fault } from "./fault.ts";
import { isInputs, namesOfInputs, unknownInputs } from "./inputs/resolve.ts";
import { meaningOf } from "./key-names.ts";
import { text } from "./readers.ts";
import { isSweepKey } from "./sweep/sweep.ts";
import { camelCase, type Entry, type MappingValue, type Span, type Value } from "./value.ts";
import { readYaml } from "./yaml-text.ts";

/** A document with the keys of its definition, and what it was made from. */
export interface Defined {
  readonly document: MappingValue;
  readonly context: SubmissionContext;
  readonly mark: DefinitionMark;
}

/** True for `definition: train@3`, and for the seed's `op_definition`. */
export function isDefinitionKey({ key }: Entry): boolean {
  return ["definition", "opDefinition"].includes(camelCase(key));
}

/**
 * Puts the keys of a definition in place of the key that names it; null for a document that names none. Other keys of the document
 * override those of the definition, and its `inputs` give values to those that are declared there. Faults of what the definition says are
 * shown at the key that names it.
 */
export function withDefinition(
  document: MappingValue,
  context: SubmissionContext,
): Result<Defined, Fault[]> | null {
  const named = document.entries.find(isDefinitionKey);
  if (named === undefined) return null;
  const reference = text(named.value);
  if (!reference.ok) return reference;
  const { definition: lookUp } = context;
  const found = lookUp?.(reference.value) ?? err("definitions are not known here");
  const refuse = (why: string): Result<never, Fault[]> =>
    err([fault(named.value.span, `${called(named.value)} is "${reference.value}": ${why}`, HINT)]);
  if (!found.ok) return refuse(found.error);
  const { name, version, sha256, folder } = found.value;
  const read = readYaml(found.value.text);
  const [whole] = read.ok ? read.value.values : [];
  if (whole?.type !== "mapping") return refuse("its text is no task");
  const defined = located(whole, named.value.span);
  const own = document.entries.filter((entry) => !isDefinitionKey(entry));
  const inputs = own.filter(isInputs).flatMap(({ value }) => (value.type === "mapping" ? value.entries : []));
  const unknown = unknownInputs(inputs, namesOfInputs(defined.entries));
  if (unknown.length > 0) return err(unknown);
  const others = own.filter((entry) => !isInputs(entry));
  const kept = defined.entries.filter((entry) => !others.some((other) => isOverridden(entry, other)));
  const flags = context.inputs ?? [];
  const values = inputs.filter(({ key }) => !flags.some((flag) => flag.key === key));
  return ok({
    document: { ...defined, entries: [...kept, ...others] },
    context: { ...context, dataFolder: folder, defaultName: name, inputs: [...values, ...flags] },
    mark: { name, version, sha256 },
  });
}

const HINT = "list them: stint definitions ls";

/** The same key, or another way to make a sweep: `array` replaces a `matrix`. */
function isOverridden(entry: Entry, by: Entry): boolean {
  if (isSweepKey(entry) && isSweepKey(by)) {
    const isMaker = ({ key }: Entry): boolean => ["matrix", "each", "array"].includes(camelCase(key));
    if (isMaker(entry) && isMaker(by)) return true;
  }
  return keyOf(entry) === keyOf(by);
}

function keyOf({ key }: Entry): string {
  const meaning = meaningOf(key);
  return "key" in meaning ? `${meaning.key} ${"child" in meaning ? meaning.child : ""}` : camelCase(key);
}

function located(whole: MappingValue, span: Span): MappingValue {
  return {
    ...whole,
    span,
    entries: whole.entries.map((entry) => ({ ...entry, span, value: at(entry.value, span) })),
  };
}

function at(value: Value, span: Span): Value {
  switch (value.type) {
    case "scalar":
      return { ...value, span };
    case "list":
      return { ...value, span, items: value.items.map((item) => at(item, span)) };
    case "mapping":
      return located(value, span);
  }
}
