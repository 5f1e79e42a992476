import * as v from "valibot";
import { instant, taskName } from "./identity.ts";

const version = v.pipe(v.number(), v.integer(), v.minValue(1));
const sha256 = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/));

/** The definition that a task was made from, as its record keeps it. */
export const definitionMark = v.strictObject({ name: taskName, version, sha256 });
export type DefinitionMark = v.InferOutput<typeof definitionMark>;

/** One version of a definition: a task file that never changes. */
export const definition = v.strictObject({
  ...definitionMark.entries,
  createdAt: instant,
  createdBy: v.string(),
  /** The file that it was made from, and its folder, in which data files of sweeps are looked up. */
  file: v.string(),
  folder: v.string(),
  text: v.string(),
});
export type Definition = v.InferOutput<typeof definition>;

/** `train` or `train@3`. */
export const DEFINITION_PATTERN = /^([A-Za-z][A-Za-z0-9._-]{0,127})(?:@([1-9]\d{0,8}))?$/;

/** A definition as it is named; without a version it is the newest. Null for a text that names none. */
export function definitionNamed(
  text: string,
): { readonly name: string; readonly version: number | null } | null {
  const [, name, number] = DEFINITION_PATTERN.exec(text) ?? [];
  if (name === undefined) return null;
  return { name, version: number === undefined ? null : Number(number) };
}
