import type { Edit } from "../model/edit.ts";
import { describeKind } from "../model/kind.ts";
import { getAt, type Tree } from "./candidate.ts";
import { FIELDS } from "./fields.ts";
import type { Field } from "./keys/field.ts";

/** A longer value would hide the rest of the line. */
const MAX_VALUE_LENGTH = 60;

/** What differs after an edit, each as `key old → new`, or the key alone where its values have no short form, or may be secret. */
export function changesIn(before: Edit, after: Edit): string[] {
  const trees = [{ spec: before.spec }, { spec: after.spec }] as unknown as readonly [Tree, Tree];
  const [mode, newMode] = [before, after].map(({ spec }) => JSON.stringify(spec.kind.mode));
  const [program, newProgram] = [before, after].map(({ spec }) => describeKind(spec.kind));
  const isProgram = mode !== newMode;
  return [
    ...(isProgram ? [program === newProgram ? "run" : `run ${fromTo(program, newProgram)}`] : []),
    ...[...fieldsByPlace()].flatMap(([key, field]) => {
      const [old, now] = trees.map((tree) => getAt(tree, field.to));
      return Bun.deepEquals(old, now) ? [] : textsOf([key, field], old, now);
    }),
    ...entriesOf(before.labels, after.labels).map(
      (name) => `labels.${name} ${fromTo(before.labels[name], after.labels[name])}`,
    ),
  ];
}

/** The fields of a spec, one for each place in the record: of two keys for one, that which says its value as it is. */
function fieldsByPlace(): Iterable<readonly [key: string, field: Field]> {
  const found = new Map<string, readonly [string, Field]>();
  for (const [key, field] of Object.entries(FIELDS))
    if (field.to[0] === "spec") found.set(field.to.join("."), [key, field]);
  return found.values();
}

function textsOf([key, { isOpen, read }]: readonly [string, Field], old: unknown, now: unknown): string[] {
  // The values of variables may be secret.
  if (isOpen === true) return entriesOf(old, now).map((name) => `${key}.${name}`);
  const [left, right] = [old, now].map((value) => {
    if (value === undefined) return "unset";
    return read.print?.(value) ?? (typeof value === "string" ? value : undefined);
  });
  return [left === undefined || right === undefined ? key : `${key} ${fromTo(left, right)}`];
}

/** The names in two mappings whose values differ. */
function entriesOf(old: unknown, now: unknown): string[] {
  const [left, right] = [old, now].map((of) => new Map(Object.entries(of ?? {})));
  const names = new Set([...(left?.keys() ?? []), ...(right?.keys() ?? [])]);
  return [...names].filter((name) => !Bun.deepEquals(left?.get(name), right?.get(name)));
}

function fromTo(old = "unset", now = "unset"): string {
  return `${short(old)} → ${short(now)}`;
}

function short(text: string): string {
  return text.length > MAX_VALUE_LENGTH ? `${text.slice(0, MAX_VALUE_LENGTH)}…` : text;
}
