import { err, ok, type Result } from "../lib/result.ts";
import type { Draft } from "../model/submission.ts";
import { getAt, newCandidate, parentsAsked, type SubmissionContext, setAt, type Tree } from "./candidate.ts";
import { type Fault, fault, SET } from "./fault.ts";
import { fieldAssignments } from "./field-assignments.ts";
import { makeDraft, singleDraft } from "./finish.ts";
import type { NamedPlace } from "./inputs/fill-settings.ts";
import { fieldNamed, meaningOf } from "./key-names.ts";
import { flagValue } from "./typed-text.ts";
import { type Entry, isUnspecified, NOWHERE } from "./value.ts";

/** A fault in a field from the command line; the message names the field. */
export interface FieldFault {
  readonly message: string;
  readonly hint?: string;
}

/**
 * A key of the task file (a dotted one too) from the command line, with text as typed, or data; and the flag that set it, which
 * messages name in place of the key. The flag of `--set memory=8GB` is `--set.memory`.
 */
export type TypedKey = readonly [key: string, data: unknown, flag?: string];

/** Makes drafts from typed keys; `undefined` is ignored. Returns one draft, or one for each member of the context's sweep. */
export async function draftsFromFlags(
  typed: readonly TypedKey[],
  context: SubmissionContext,
): Promise<Result<Draft[], FieldFault[]>> {
  const given = typed.filter((pair) => pair[1] !== undefined && !isDefault(pair));
  const entries = await Promise.all(given.filter((pair) => !isInput(pair)).map(entryOf));
  const all = [...entries, ...(context.sweep ?? [])];
  const inputs = [...(context.inputs ?? []), ...(await inputsIn(given))];
  const around = { context: { ...context, inputs, areInputsFree: true }, span: NOWHERE };
  const drafts =
    isPlain(all) && inputs.length === 0
      ? singleDraft(fieldAssignments(all), around)
      : (await import("./sweep/expand.ts")).draftsOf({ ...around, entries: all, text: "" });
  return drafts.ok ? drafts : err(drafts.error.map(typedFault));
}

/** True without a sweep and placeholders, as in most command lines: the sweep code is not loaded then. */
function isPlain(entries: readonly Entry[]): boolean {
  const isOfSweep = ({ key }: Entry): boolean => meaningOf(key).type === "sweep";
  return !entries.some(isOfSweep) && !JSON.stringify(entries).includes("${{");
}

/** What `stint set` may change; the name is fixed, as ids and scripts refer to it. */
export type Editable = Pick<Draft, "spec" | "labels" | "parents">;

/**
 * Applies `key=value` pairs to a task: `default` (or `null`) resets a key to its default, and an empty label is removed. Placeholders are
 * filled from its inputs and its place in its sweep.
 */
export async function editFields(
  task: Editable & { readonly place?: NamedPlace | null },
  pairs: readonly TypedKey[],
  context: SubmissionContext,
): Promise<Result<Editable, FieldFault[]>> {
  const fixed = pairs.flatMap(([key]) => fixedFault(key) ?? []);
  const edited = await changed({ ...task, annotations: {} }, pairs, { context, fixed });
  if (!edited.ok) return edited;
  const { spec, labels, parents } = edited.value;
  return ok({ spec, labels, ...(parents !== undefined && { parents }) });
}

/** Applies typed keys to a draft, which has no name yet that anything refers to; the name is not changed here. */
export async function overrideFields(
  draft: Draft,
  pairs: readonly TypedKey[],
  context: SubmissionContext,
): Promise<Result<Draft, FieldFault[]>> {
  const edited = await changed(draft, pairs, { context, fixed: [] });
  return edited.ok ? ok({ ...draft, ...edited.value }) : edited;
}

async function changed(
  task: Editable & Pick<Draft, "annotations"> & { readonly place?: NamedPlace | null },
  pairs: readonly TypedKey[],
  { context, fixed }: { readonly context: SubmissionContext; readonly fixed: readonly FixedFault[] },
): Promise<Result<Editable & Pick<Draft, "annotations">, FieldFault[]>> {
  const fresh = newCandidate(context);
  const candidate: Tree = {
    ...fresh,
    labels: { ...task.labels },
    annotations: { ...task.annotations },
    parents: { ...parentsAsked(task.parents) },
    spec: structuredClone(task.spec),
    name: "edited",
  };
  const settings: Entry[] = [];
  for (const pair of pairs.filter((one) => !isInput(one))) {
    if (fixed.some(({ key }) => key === pair[0])) continue;
    const entry = await entryOf(pair);
    if (!mayReset(pair) || !isReset(candidate, { entry, typed: pair[1], fresh })) settings.push(entry);
  }
  const own = settings.slice();
  const inputFaults = await changeInputs(candidate, pairs, { settings, context });
  const filled = await withoutPlaceholders(candidate, own, task.place);
  if (filled.ok) settings.splice(0, own.length, ...filled.value);
  else inputFaults.push(...filled.error);
  const { given, faults: keyFaults } = fieldAssignments(settings);
  const edited = makeDraft({ candidate, given, context, span: NOWHERE });
  const faults = [...fixed, ...inputFaults, ...keyFaults];
  if (edited.ok && faults.length === 0) {
    const { spec, labels, annotations, parents } = edited.value;
    return ok({ spec, labels, annotations, ...(parents !== undefined && { parents }) });
  }
  return err([...faults, ...(edited.ok ? [] : edited.error)].map(typedFault));
}

/** The settings of a task that is on record, filled; those that override a file have no placeholders. */
async function withoutPlaceholders(
  candidate: Tree,
  settings: readonly Entry[],
  place: NamedPlace | null | undefined,
): Promise<Result<readonly Entry[], Fault[]>> {
  if (place === undefined || !JSON.stringify(settings).includes("${{")) return ok(settings);
  return (await import("./inputs/fill-settings.ts")).filledSettings(candidate, settings, place);
}

/** Changes the inputs of a candidate and adds to `settings` what they fill; returns the faults. */
async function changeInputs(
  candidate: Tree,
  pairs: readonly TypedKey[],
  { settings, context }: { readonly settings: Entry[]; readonly context: SubmissionContext },
): Promise<Fault[]> {
  const flags = await inputsIn(pairs);
  const hasTemplates = getAt(candidate, ["spec", "templates"]) !== undefined;
  if (flags.length === 0 && !hasTemplates) return [];
  const { changedInputs, withoutTemplates } = await import("./inputs/change.ts");
  withoutTemplates(candidate, settings);
  if (flags.length === 0) return [];
  const refilled = changedInputs(candidate, flags, context);
  if (!refilled.ok) return refilled.error;
  settings.push(...refilled.value);
  return [];
}

/** True for a key that sets inputs, with its value. */
export function isInput([key]: TypedKey): boolean {
  return fieldNamed(key)?.key === "inputs";
}

/** The inputs among typed keys, each by its name. */
export async function inputsIn(pairs: readonly TypedKey[]): Promise<Entry[]> {
  const found: Entry[] = [];
  for (const [key, data, flag = key] of pairs.filter(isInput)) {
    const child = fieldNamed(key)?.child;
    // The flag has pairs of texts; `--set inputs={…}` is a mapping.
    const isPairs = typeof data === "object" && data !== null;
    if (child === undefined && isPairs)
      for (const [name, one] of Object.entries(data))
        found.push({ key: name, span: NOWHERE, value: await flagValue(one, `${flag}.${name}`, false) });
    else {
      const value = await flagValue(data, flag, false);
      const isMapping = child === undefined && value.type === "mapping";
      found.push(...(isMapping ? value.entries : [{ key: child ?? "", span: NOWHERE, value }]));
    }
  }
  return found;
}

async function entryOf([key, data, flag = key]: TypedKey): Promise<Entry> {
  const named = fieldNamed(key);
  // An open field as a whole is a mapping in braces; the value of one name in it is plain text.
  const isMapping = named?.field.isOpen === true && named.child === undefined;
  const isVerbatim = named?.field.isVerbatim === true && !isMapping;
  return { key, span: NOWHERE, value: await flagValue(data, flag, isVerbatim) };
}

/** `key=default` resets a key, and `--slot default` names a lane. */
function mayReset([, , flag = SET]: TypedKey): boolean {
  return flag.startsWith(SET);
}

/** True where a new task gets the default of a key that has one: its value is not read. */
function isDefault(pair: TypedKey): boolean {
  const named = mayReset(pair) && pair[1] === "default" ? fieldNamed(pair[0]) : null;
  return named !== null && named.child === undefined && named.field.hasNoDefault !== true;
}

type FixedFault = Fault & { readonly key: string };

function fixedFault(key: string): FixedFault | null {
  const hint = fieldNamed(key)?.field.isFixed;
  return hint === undefined
    ? null
    : { key, ...fault(NOWHERE, `"${key}" cannot be changed after submission`, hint) };
}

interface Reset {
  readonly entry: Entry;
  readonly typed: unknown;
  /** The defaults. */
  readonly fresh: Tree;
}

/** Resets a key where that is what was typed; returns whether it was. */
function isReset(candidate: Tree, { entry, typed, fresh }: Reset): boolean {
  const named = fieldNamed(entry.key);
  if (named === null) return false;
  const { key, field, child } = named;
  if (child !== undefined) {
    const isGone = typed === "null" || (typed === "" && key === "labels");
    if (isGone) setAt(candidate, [...field.to, child], undefined);
    return isGone;
  }
  const isUnset = typed === "default" || (isUnspecified(entry.value) && key !== "cwd");
  if (!isUnset || field.hasNoDefault) return false;
  setAt(candidate, field.to, structuredClone(getAt(fresh, field.to)));
  if (key === "retries" || key === "retry.maxAttempts")
    setAt(candidate, ["spec", "retry", "scope"], getAt(fresh, ["spec", "retry", "scope"]));
  return true;
}

function typedFault({ message, hint, source, span }: Fault): FieldFault {
  const line = source?.text.slice(0, span.start).split("\n").length;
  const said = source === undefined ? message : `${source.file}:${line}: ${message}`;
  return hint === undefined ? { message: said } : { message: said, hint };
}
