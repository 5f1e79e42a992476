import { type DependencyEnd, PARENT_ENDS, type ParentReference } from "../model/spec.ts";

/** What a task waits for, by the end that it waits for, as the fields have it. */
export type ParentsAsked = Partial<Record<DependencyEnd, readonly string[]>>;

/** The parents that fields name, as a draft has them. */
export function parentReferences(asked: ParentsAsked): ParentReference[] {
  return PARENT_ENDS.flatMap((when) => (asked[when] ?? []).map((reference) => ({ reference, when })));
}

/** The parents of a draft, as fields have them. */
export function parentsAsked(references: readonly ParentReference[] = []): ParentsAsked {
  const asked: Partial<Record<DependencyEnd, string[]>> = {};
  for (const { reference, when } of references) asked[when] = [...(asked[when] ?? []), reference];
  return asked;
}
