import { err, ok, type Result } from "../../lib/result.ts";
import { newCandidate, type SubmissionContext, type Tree } from "../candidate.ts";
import { type Fault, fault } from "../fault.ts";
import { type FieldAssignment, fieldAssignments } from "../field-assignments.ts";
import { inputText, isInputs, resolveInputs } from "../inputs/resolve.ts";
import { setInputs, templatesIn } from "../inputs/templates.ts";
import type { Entry, Value } from "../value.ts";
import { positionOf } from "./check.ts";
import { type Filler, fillerOf, type ValueFault } from "./fill-value.ts";
import { type Lookup, STAYS, withInputs } from "./placeholder.ts";

/** The keys of a task, split once for all members. */
export interface Template {
  /** The keys with inputs; those that vary are in `varying`. */
  readonly inputs: readonly Entry[];
  /** The same for all members. */
  readonly constant: { readonly given: readonly FieldAssignment[]; readonly faults: readonly Fault[] };
  readonly varying: readonly Varying[];
  readonly entries: readonly Entry[];
}

interface Varying {
  readonly entry: Entry;
  readonly filler: Filler;
}

export function templateOf(entries: readonly Entry[], hasSweep: boolean): Template {
  const fillers = entries.map((entry) => ({
    entry,
    filler: fillerOf(entry, { beside: entries, hasSweep }),
  }));
  const others = fillers.filter(({ entry }) => !isInputs(entry));
  return {
    inputs: entries.filter(isInputs),
    constant: fieldAssignments(others.filter(({ filler }) => filler === null).map(({ entry }) => entry)),
    varying: fillers.flatMap(({ entry, filler }) => (filler === null ? [] : [{ entry, filler }])),
    entries,
  };
}

/** A task with its inputs, and what of it they fill. */
export interface Filled {
  readonly given: readonly FieldAssignment[];
  readonly faults: readonly Fault[];
  readonly candidate: Tree;
  /** The values that were filled, and their texts before. */
  readonly values: readonly Value[];
}

/** Fills the placeholders of one task: first those in its inputs, then all others. */
export function filledBy(
  lookup: Lookup,
  { template, context, swept }: { template: Template; context: SubmissionContext; swept: readonly Entry[] },
): Result<Filled, readonly ValueFault[] | readonly Fault[]> {
  const unfilled: ValueFault[] = [];
  const filledIn = ({ entry, filler }: Varying, by: Lookup): Entry => ({
    ...entry,
    value: filler(by, unfilled),
  });
  const { varying, entries } = template;
  const ofInputs = new Map(
    varying.filter(({ entry }) => isInputs(entry)).map((one) => [one.entry, filledIn(one, lookup)]),
  );
  const inputs = resolveInputs({
    entries: entries.map((entry) => ofInputs.get(entry) ?? entry),
    context,
    swept,
  });
  if (unfilled.length > 0) return err(unfilled);
  if (!inputs.ok) return inputs;
  const values = inputs.value?.values ?? {};
  const whole = withInputs(
    lookup,
    (name) => inputText(values, name) ?? (context.areInputsOpen === true ? STAYS : undefined),
  );
  const others = varying.filter(({ entry }) => !isInputs(entry));
  const filled = others.map((one) => filledIn(one, whole));
  if (unfilled.length > 0) return err(unfilled);
  const candidate = newCandidate(context);
  const later = withInputs(lookup, () => STAYS);
  const kept = inputs.value === null ? [] : others.map((one) => filledIn(one, later));
  if (inputs.value !== null) setInputs(candidate, { ...inputs.value, templates: templatesIn(kept) });
  return ok({
    ...fieldAssignments(filled),
    candidate,
    values: [...filled, ...kept].map(({ value }) => value),
  });
}

/** The fault of a value that could not be filled, at its placeholder. */
export function placed(one: ValueFault | Fault, text: string): Fault {
  if (!("placeholder" in one)) return one;
  return fault(positionOf(one.placeholder, one.value, text), one.message, one.hint);
}
