import { rangeIn } from "../../lib/ranges.ts";
import { ok, type Result } from "../../lib/result.ts";
import { closest } from "../../lib/suggest.ts";
import { type Problem, rejected } from "../../model/errors.ts";
import { MAX_GROUP_SIZE } from "../../model/group.ts";
import { makeTaskId, nameFrom, type TaskId } from "../../model/identity.ts";
import type { Dependency, ParentReference } from "../../model/spec.ts";
import type { Draft } from "../../model/submission.ts";
import type { QueueView } from "./queue-view.ts";

/** A parent that is in the home, or its index in the same batch. */
type Parent = { readonly id: TaskId } | { readonly index: number };

/** Parents in a batch, summed over its tasks: each is a line in a record, and two large sweeps multiply. */
const MAX_PARENTS = 1_000_000;
/** Parents of one task: its record, with a line for each, must stay readable. As many as a sweep may have members. */
const MAX_PARENTS_OF_ONE = MAX_GROUP_SIZE;

/** A parent and the outcome that is waited for. */
interface Asked {
  readonly parent: Parent;
  readonly when: ParentReference["when"];
}

/** Returns the parents of the draft at `index`, once the numbers of the batch are reserved. */
export type Parents = (index: number, firstNumber: number) => Dependency[];

/**
 * Resolves the parents of drafts: in their own batch, else by number, id or range, else the one unfinished task, closed group or unfinished
 * sweep of that name, else the newest of the name that has ended: what a script submitted a moment ago may have ended already. The name
 * of a sweep or group means all its members, in whatever state: one that has succeeded holds nothing up, and its results are read.
 */
export function resolveParents(seen: QueueView, drafts: readonly Draft[]): Result<Parents, Problem> {
  const isAsked = drafts.some(({ parents }) => parents !== undefined && parents.length > 0);
  if (!isAsked) return ok(() => []);
  const names = indexNames(seen, drafts);
  const found: Asked[][] = [];
  let count = 0;
  for (const draft of drafts) {
    const own: Asked[] = [];
    for (const { reference, when } of draft.parents ?? []) {
      const parents = lookUp(names, { draft, reference });
      if (!parents.ok) return parents;
      count += parents.value.length;
      if (count > MAX_PARENTS) return tooMany(draft);
      for (const parent of parents.value) own.push({ parent, when });
      if (own.length > MAX_PARENTS_OF_ONE) return tooManyOfOne(draft);
    }
    const conflict = conflictIn(own);
    if (conflict !== null) {
      const name = "id" in conflict ? conflict.id : drafts[conflict.index]?.name;
      return refuse(draft, `${name} can never both succeed and fail`);
    }
    found.push(eachOnce(own));
  }
  const edges = found.map((own) => own.flatMap(({ parent }) => ("index" in parent ? [parent.index] : [])));
  const cycle = findCycle(edges);
  if (cycle !== null) {
    const path = cycle.map((index) => drafts[index]?.name ?? "").join(" -> ");
    return rejected("INVALID_DEPENDENCY", `Cannot queue a dependency cycle: ${path}`);
  }
  return ok((index, firstNumber) =>
    (found[index] ?? []).map(({ parent, when }) => ({ task: idOf(parent, { drafts, firstNumber }), when })),
  );
}

function keyOf(parent: Parent): TaskId | number {
  return "id" in parent ? parent.id : parent.index;
}

/** A name and a range may have a task in common, and a job that reads its parents counts each once. */
function eachOnce(asked: readonly Asked[]): Asked[] {
  const seen = { success: new Set(), any: new Set(), failure: new Set(), oneOf: new Set() };
  return asked.filter(({ parent, when }) => {
    const known = seen[when].has(keyOf(parent));
    seen[when].add(keyOf(parent));
    return !known;
  });
}

/** A parent that must both succeed and fail, or null. */
function conflictIn(asked: readonly Asked[]): Parent | null {
  const failing = new Set(asked.filter(({ when }) => when === "failure").map(({ parent }) => keyOf(parent)));
  return asked.find(({ parent, when }) => when === "success" && failing.has(keyOf(parent)))?.parent ?? null;
}

function idOf(
  parent: Parent,
  { drafts, firstNumber }: { drafts: readonly Draft[]; firstNumber: number },
): TaskId {
  if ("id" in parent) return parent.id;
  return makeTaskId(firstNumber + parent.index, nameFrom(drafts[parent.index]?.name ?? ""));
}

/** What a name can refer to. */
interface NameIndex {
  /** Indexes of drafts by their name and by the name of their sweep. */
  readonly batch: ReadonlyMap<string, readonly number[]>;
  readonly seen: QueueView;
}

function indexNames(seen: QueueView, drafts: readonly Draft[]): NameIndex {
  const batch = new Map<string, number[]>();
  for (const [index, { name, group }] of drafts.entries()) {
    for (const key of new Set([name, group?.name ?? name]))
      batch.getOrInsertComputed(key, () => []).push(index);
  }
  return { batch, seen };
}

function lookUp(
  index: NameIndex,
  { draft, reference }: { draft: Draft; reference: string },
): Result<readonly Parent[], Problem> {
  const inBatch = index.batch.get(reference);
  if (inBatch !== undefined) {
    const isSweep = inBatch.length > 1;
    // A member of a sweep that waits for its own sweep would wait for itself.
    return isSweep && index.batch.get(draft.name) === inBatch
      ? refuse(draft, `it waits for "${reference}", which is its own name`)
      : ok(inBatch.map((at) => ({ index: at })));
  }
  const id = index.seen.idOf(reference);
  if (id !== null) return ok([{ id }]);
  const range = rangeIn(reference);
  if (range !== null) {
    const ids = index.seen.inRange(...range);
    if (ids.length > 0) return ok(ids.map((parent) => ({ id: parent })));
    return refuse(draft, `it waits for ${reference}, and there is no task in that range`);
  }
  if (/^\d+$/.test(reference))
    return refuse(draft, `it waits for ${reference}, and there is no task ${reference}`);
  const group = index.seen.inGroup(reference);
  if (group === "open") {
    const why = `it waits for "${reference}", a group that is open: more tasks may join it`;
    return refuse(draft, why, `close it first: stint close ${reference}`);
  }
  if (group !== null) return ok(group.map((parent) => ({ id: parent })));
  const named = index.seen.named(reference);
  const [only, ...others] = named;
  if (only !== undefined && others.length === 0) return ok([{ id: only.metadata.id }]);
  if (only !== undefined) {
    const numbers = named.map(({ metadata }) => metadata.number).join(", ");
    const message = `it waits for "${reference}", and ${named.length} unfinished tasks have that name`;
    return refuse(draft, message, `name one by its number: ${numbers}`);
  }
  const members = index.seen.inSweep(reference);
  const found = members.length > 0 ? members : index.seen.ended(reference);
  return found === null ? unknown(index, { draft, reference }) : ok(found.map((parent) => ({ id: parent })));
}

function unknown(
  index: NameIndex,
  { draft, reference }: { draft: Draft; reference: string },
): Result<never, Problem> {
  const names = [...index.batch.keys(), ...index.seen.names];
  const near = closest(reference, new Set(names.filter((name) => name !== draft.name)));
  const message = `it waits for "${reference}", and there is no task of that name`;
  return refuse(draft, message, near === null ? undefined : `did you mean "${near}"?`);
}

function tooMany(draft: Draft): Result<never, Problem> {
  const why = `the batch has more than ${MAX_PARENTS} parents in total`;
  return refuse(draft, why, "put one task in between, after the first sweep and before the second");
}

function tooManyOfOne(draft: Draft): Result<never, Problem> {
  const why = `it waits for more than ${MAX_PARENTS_OF_ONE} tasks`;
  return refuse(draft, why, "put tasks in between, each after some of them, and wait for these");
}

function refuse(draft: Draft, why: string, hint?: string): Result<never, Problem> {
  return rejected("INVALID_DEPENDENCY", `Cannot queue "${draft.name}": ${why}`, hint);
}

/** A path from an index back to itself, both ends included, or null. Without recursion: a chain may be as long as a batch. */
function findCycle(edges: readonly (readonly number[])[]): number[] | null {
  const dependents = new Map<number, number[]>();
  const open = edges.map((parents) => parents.length);
  for (const [child, parents] of edges.entries()) {
    for (const parent of parents) dependents.getOrInsertComputed(parent, () => []).push(child);
  }
  const free = [...edges.keys()].filter((at) => open[at] === 0);
  const isFree = new Set(free);
  for (const at of free) {
    for (const child of dependents.get(at) ?? []) {
      open[child] = (open[child] ?? 0) - 1;
      if (open[child] !== 0) continue;
      isFree.add(child);
      free.push(child);
    }
  }
  // Each draft that is left has a parent that is left: following parents, one comes up again.
  let at = [...edges.keys()].find((one) => !isFree.has(one));
  const path: number[] = [];
  const places = new Map<number, number>();
  while (at !== undefined) {
    const seen = places.get(at);
    if (seen !== undefined) return [...path.slice(seen), at];
    places.set(at, path.length);
    path.push(at);
    at = edges[at]?.find((parent) => !isFree.has(parent));
  }
  return null;
}
