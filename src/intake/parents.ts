import { type DependencyEnd, PARENT_ENDS, type ParentReference } from "../model/spec.ts";

/** The parents of a task by the end that it waits for, as in the fields. */
export type ParentsAsked = Partial<Record<DependencyEnd, readonly string[]>>;

/** Converts the parents of fields to those of a draft. */
export function parentReferences(asked: ParentsAsked): ParentReference[] {
  return PARENT_ENDS.flatMap((when) => (asked[when] ?? []).map((reference) => ({ reference, when })));
}

/** Converts the parents of a draft to those of fields. */
export function parentsAsked(references: readonly ParentReference[] = []): ParentsAsked {
  const asked: Partial<Record<DependencyEnd, string[]>> = {};
  for (const { reference, when } of references) asked[when] = [...(asked[when] ?? []), reference];
  return asked;
}
