import { err, ok, type Result } from "../lib/result.ts";
import type { Draft } from "../model/submission.ts";
import { getAt, newCandidate, type SubmissionContext, setAt, type Tree } from "./candidate.ts";
import { type Fault, fault } from "./fault.ts";
import { fieldAssignments } from "./field-assignments.ts";
import { FIELDS } from "./fields.ts";
import { makeDraft } from "./finish.ts";
import { meaningOf } from "./key-names.ts";
import { parentsAsked } from "./parents.ts";
import { singleDraft } from "./single.ts";
import { flagValue } from "./typed-text.ts";
import { type Entry, isUnspecified, NOWHERE } from "./value.ts";

/** A fault in a field from the command line; the message names the field. */
export interface FieldFault {
  readonly message: string;
  readonly hint?: string;
}

/**
 * Makes drafts from flags: keys of a task file (dotted ones too), with text as typed, or data; `undefined` is ignored. Returns one
 * draft, or one for each member of the context's sweep.
 */
export async function draftsFromFlags(
  flags: Readonly<Record<string, unknown>>,
  context: SubmissionContext,
): Promise<Result<Draft[], FieldFault[]>> {
  const given = Object.entries(flags).filter(([, data]) => data !== undefined);
  const entries = await Promise.all(given.map(([key, data]) => entryOf(key, data, context)));
  const all = [...entries, ...(context.sweep ?? [])];
  const around = { context, span: NOWHERE };
  const drafts = isPlain(all)
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

/** Applies `key=value` pairs to a task: `default` (or `null`) resets a key to its default, and an empty label is removed. */
export async function editFields(
  task: Editable,
  pairs: readonly (readonly [string, string])[],
  context: SubmissionContext,
): Promise<Result<Editable, FieldFault[]>> {
  const fresh = newCandidate(context);
  const candidate: Tree = {
    ...fresh,
    labels: { ...task.labels },
    parents: { ...parentsAsked(task.parents) },
    spec: structuredClone(task.spec),
    name: "edited",
  };
  const faults: Fault[] = [];
  const settings: Entry[] = [];
  for (const [key, typed] of pairs) {
    const entry = await entryOf(key, typed, context);
    const fixed = fixedFault(entry);
    if (fixed !== null) faults.push(fixed);
    else if (!isReset(candidate, { entry, typed, fresh })) settings.push(entry);
  }
  const { given, faults: keyFaults } = fieldAssignments(settings);
  const edited = makeDraft({ candidate, given, context, span: NOWHERE });
  if (edited.ok && faults.length + keyFaults.length === 0) {
    const { spec, labels, parents } = edited.value;
    return ok({ spec, labels, ...(parents !== undefined && { parents }) });
  }
  return err([...faults, ...keyFaults, ...(edited.ok ? [] : edited.error)].map(typedFault));
}

async function entryOf(key: string, data: unknown, { flagOf }: SubmissionContext): Promise<Entry> {
  const meaning = meaningOf(key);
  const isVerbatim = meaning.type === "field" && FIELDS[meaning.key]?.isVerbatim === true;
  // An open field as a whole is a mapping in braces; the value of one name in it is plain text.
  const isMapping =
    isVerbatim &&
    meaning.type === "field" &&
    FIELDS[meaning.key]?.isOpen === true &&
    meaning.child === undefined;
  const [first = "", ...rest] = key.split(".");
  const path = flagOf?.get(key) ?? [flagOf?.get(first) ?? first, ...rest].join(".");
  return { key, span: NOWHERE, value: await flagValue(data, path, isVerbatim && !isMapping) };
}

function fixedFault({ key, span }: Entry): Fault | null {
  const meaning = meaningOf(key);
  const hint = meaning.type === "field" ? FIELDS[meaning.key]?.isFixed : undefined;
  return hint === undefined ? null : fault(span, `"${key}" cannot be changed after submission`, hint);
}

interface Reset {
  readonly entry: Entry;
  readonly typed: string;
  /** The defaults. */
  readonly fresh: Tree;
}

/** Resets a key where that is what was typed; returns whether it was. */
function isReset(candidate: Tree, { entry, typed, fresh }: Reset): boolean {
  const meaning = meaningOf(entry.key);
  const field = meaning.type === "field" ? FIELDS[meaning.key] : undefined;
  if (meaning.type !== "field" || field === undefined) return false;
  if (meaning.child !== undefined) {
    const isGone = typed === "null" || (typed === "" && meaning.key === "labels");
    if (isGone) setAt(candidate, [...field.to, meaning.child], undefined);
    return isGone;
  }
  const isUnset = typed === "default" || (isUnspecified(entry.value) && meaning.key !== "cwd");
  if (!isUnset || field.hasNoDefault) return false;
  setAt(candidate, field.to, structuredClone(getAt(fresh, field.to)));
  if (meaning.key === "retries" || meaning.key === "retry.maxAttempts") {
    setAt(candidate, ["spec", "retry", "scope"], getAt(fresh, ["spec", "retry", "scope"]));
  }
  return true;
}

function typedFault({ message, hint, source, span }: Fault): FieldFault {
  const line = source?.text.slice(0, span.start).split("\n").length;
  const said = source === undefined ? message : `${source.file}:${line}: ${message}`;
  return hint === undefined ? { message: said } : { message: said, hint };
}
