import { err, ok, type Result } from "../../lib/result.ts";
import type { SweepPlace } from "../../model/group.ts";
import type { JsonObject } from "../../model/job-data.ts";
import { getAt, setAt, type Tree } from "../candidate.ts";
import { type Fault, fault } from "../fault.ts";
import { placeholderFaults } from "../sweep/check.ts";
import { fillerOf, type ValueFault } from "../sweep/fill-value.ts";
import type { MemberKind } from "../sweep/member.ts";
import { type Lookup, lookupIn, placeholdersIn, STAYS, withInputs } from "../sweep/placeholder.ts";
import { type Entry, NOWHERE } from "../value.ts";
import { inputText } from "./resolve.ts";
import { templatesIn } from "./templates.ts";

const KINDS = ["matrix", "each", "array"] as const satisfies readonly MemberKind[];

/** The place of a task in its sweep, with the name of that. */
export type NamedPlace = SweepPlace & { readonly name: string };

/** Fills the placeholders of settings for a task on record, from its place in its sweep and its inputs; keeps the texts that inputs fill. */
export function filledSettings(
  candidate: Tree,
  settings: readonly Entry[],
  place: NamedPlace | null,
): Result<Entry[], Fault[]> {
  const inputs = (getAt(candidate, ["spec", "inputs"]) ?? {}) as JsonObject;
  const hasSweep = place !== null;
  const sweep =
    place === null
      ? null
      : { kind: kindIn(settings), members: [], names: Object.keys(place.values), limits: {} };
  const unknown = placeholderFaults(settings, { sweep, inputs: Object.keys(inputs), text: "" });
  if (unknown.length > 0) return err(unknown);
  const { index = 0, size = 0, name = "", values = {} } = place ?? {};
  const lookup = lookupIn({ values, span: NOWHERE }, { index: String(index), size: String(size), name });
  const unfilled: ValueFault[] = [];
  const filledBy = (by: Lookup): Entry[] =>
    settings.map((entry) => {
      const filler = fillerOf(entry, { beside: settings, hasSweep });
      return filler === null ? entry : { ...entry, value: filler(by, unfilled) };
    });
  const filled = filledBy(withInputs(lookup, (one) => inputText(inputs, one)));
  if (unfilled.length > 0) return err(unfilled.map(({ message, hint }) => fault(NOWHERE, message, hint)));
  const templates = {
    ...((getAt(candidate, ["spec", "templates"]) ?? {}) as JsonObject),
    ...templatesIn(filledBy(withInputs(lookup, () => STAYS))),
  };
  if (Object.keys(templates).length > 0) setAt(candidate, ["spec", "templates"], templates);
  return ok(filled);
}

/** The key of the sweep is not on record: a placeholder may have any one of them. */
function kindIn(settings: readonly Entry[]): MemberKind {
  const found = placeholdersIn(JSON.stringify(settings), true).map(({ kind }) => kind);
  return KINDS.find((kind) => found.includes(kind)) ?? "matrix";
}
