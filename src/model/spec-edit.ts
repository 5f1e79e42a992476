import * as v from "valibot";
import type { Spec } from "./spec.ts";

/** How many changes of its spec a record tells of. */
const MAX_EDITS_KEPT = 16;
const MAX_KEYS = 32;

/**
 * A change of a spec: the record has the spec as it is now alone, so this says which keys an earlier attempt ran with other values of.
 * `run` stands for the program, `env.SEED` for a variable and `inputs.lr` for an input; what inputs fill is not named.
 */
export const specEdit = v.strictObject({
  /** That it made. */
  generation: v.number(),
  keys: v.array(v.string()),
});
export type SpecEdit = v.InferOutput<typeof specEdit>;

/** The edits of a task with one more. */
export function withEdit(
  edits: readonly SpecEdit[] | undefined,
  { generation, before, after }: { readonly generation: number; readonly before: Spec; readonly after: Spec },
): SpecEdit[] {
  const keys = changedKeys(before, after).slice(0, MAX_KEYS);
  return [...(edits ?? []), { generation, keys }].slice(-MAX_EDITS_KEPT);
}

/** The edits of a task that an attempt did not run with. */
export function editsSince(
  { metadata }: { readonly metadata: { readonly edits?: readonly SpecEdit[] | undefined } },
  { generation }: { readonly generation: number },
): SpecEdit[] {
  return (metadata.edits ?? []).filter((edit) => edit.generation > generation);
}

/** The keys that differ, as a task file has them where it can be told. */
function changedKeys(before: Spec, after: Spec): string[] {
  const { kind, inputs, inputSpecs: _specs, templates, ...rest } = before;
  const filled = new Set(
    isSame(inputs, after.inputs) ? [] : sameNames(templates ?? {}, after.templates ?? {}).map(placeOf),
  );
  const program = isSame(kind.mode, after.kind.mode) ? [] : ["run"];
  const env = otherNames(kind.env, after.kind.env).map((name) => `env.${name}`);
  const others = otherNames({ ...rest }, { ...after, ...NOT_HERE });
  const kindKeys = otherNames({ ...kind, ...NOT_OF_KIND }, { ...after.kind, ...NOT_OF_KIND });
  return [
    ...otherNames(inputs ?? {}, after.inputs ?? {}).map((name) => `inputs.${name}`),
    ...[...program, ...env, ...kindKeys, ...others].filter((key) => !filled.has(key)),
  ];
}

const NOT_HERE = { kind: undefined, inputs: undefined, inputSpecs: undefined, templates: undefined };
const NOT_OF_KIND = { mode: undefined, env: undefined };
const OF_PROGRAM = ["run", "command", "args", "script", "runtime"];

function placeOf(key: string): string {
  return OF_PROGRAM.includes(key) ? "run" : key;
}

function sameNames(before: object, after: object): string[] {
  const other = new Set(otherNames(before, after));
  return Object.keys(before).filter((name) => !other.has(name));
}

function otherNames(before: object, after: object): string[] {
  const [left, right] = [new Map(Object.entries(before)), new Map(Object.entries(after))];
  const names = new Set([...left.keys(), ...right.keys()]);
  return [...names].filter((name) => !isSame(left.get(name), right.get(name)));
}

function isSame(left: unknown, right: unknown): boolean {
  return JSON.stringify(left) === JSON.stringify(right);
}
