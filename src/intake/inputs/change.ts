import { own } from "../../lib/own.ts";
import { err, ok, type Result } from "../../lib/result.ts";
import type { InputSpec, Json, JsonObject } from "../../model/job-data.ts";
import type { AnyMode } from "../../model/kind.ts";
import { getAt, type SubmissionContext, setAt, type Tree } from "../candidate.ts";
import type { Fault } from "../fault.ts";
import { fieldAssignments } from "../field-assignments.ts";
import { fieldNamed } from "../key-names.ts";
import type { Entry } from "../value.ts";
import { isDeclaration } from "./declaration.ts";
import { dataName } from "./readers.ts";
import { addsInput, readItem, unknownInputs } from "./resolve.ts";
import { refilled } from "./templates.ts";
import { readAs } from "./typed-value.ts";

const INPUTS = ["spec", "inputs"];
const SPECS = ["spec", "inputSpecs"];
const TEMPLATES = ["spec", "templates"];

/** Sets inputs of a task that is on record; returns the settings that they fill. */
export function changedInputs(
  candidate: Tree,
  flags: readonly Entry[],
  { defaultCwd, home }: SubmissionContext,
): Result<Entry[], Fault[]> {
  const before = (getAt(candidate, INPUTS) ?? {}) as JsonObject;
  const specs = (getAt(candidate, SPECS) ?? {}) as Readonly<Record<string, InputSpec>>;
  const known = [...new Set([...Object.keys(before), ...Object.keys(specs)])];
  const faults = unknownInputs(flags, known, "task");
  const values: Record<string, Json> = { ...before };
  const declared: Record<string, InputSpec> = { ...specs };
  const isInImage = getAt(candidate, ["spec", "kind", "type"]) === "container";
  const around = { folder: isInImage ? null : defaultCwd, home };
  for (const flag of flags.filter((one) => known.includes(one.key) || addsInput(one))) {
    const { key, value } = flag;
    const of = isDeclaration(value) ? undefined : own(specs, key);
    const name = dataName(flag);
    const read = !name.ok
      ? name
      : of === undefined
        ? readItem(flag, around)
        : withValue(readAs(of, value, around));
    if (!read.ok) {
      faults.push(...read.error);
      continue;
    }
    const { spec, value: json } = read.value;
    if (json !== undefined) values[key] = json;
    if (spec !== null) declared[key] = spec;
  }
  if (faults.length > 0) return err(faults);
  setAt(candidate, INPUTS, values);
  setAt(candidate, SPECS, Object.keys(declared).length === 0 ? undefined : declared);
  const mode = getAt(candidate, ["spec", "kind", "mode"]) as AnyMode;
  const runtime = mode.type === "script" && typeof mode.runtime === "string" ? mode.runtime : undefined;
  return refilled((getAt(candidate, TEMPLATES) ?? {}) as JsonObject, { values, runtime });
}

function withValue(read: Result<Json, Fault[]>): ReturnType<typeof readItem> {
  return read.ok ? ok({ spec: null, value: read.value }) : read;
}

/** Drops the templates of what other settings replace. */
export function withoutTemplates(candidate: Tree, settings: readonly Entry[]): void {
  const templates = getAt(candidate, TEMPLATES);
  if (templates === undefined) return;
  const replaced = fieldAssignments(settings).given.map(({ field, child }) => placeOf(field.to, child));
  const kept = Object.entries(templates as JsonObject).filter(([key]) => {
    const named = fieldNamed(key);
    if (named === null) return false;
    const place = placeOf(named.field.to, named.child);
    return !replaced.some(
      (one) => one === place || place.startsWith(`${one}\0`) || one.startsWith(`${place}\0`),
    );
  });
  setAt(candidate, TEMPLATES, kept.length === 0 ? undefined : Object.fromEntries(kept));
}

/** Where a key has its effect; all keys of a program have one. */
function placeOf(to: readonly string[], child: string | undefined): string {
  return to[0] === "program" ? "program" : [...to, ...(child === undefined ? [] : [child])].join("\0");
}
