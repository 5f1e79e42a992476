import { err, ok, type Result } from "../../lib/result.ts";
import { closest } from "../../lib/suggest.ts";
import { type Problem, problem } from "../../model/errors.ts";
import { makeTaskId, nameFrom, nameOf, numberOf, type TaskId } from "../../model/identity.ts";
import type { Dependency, ParentReference } from "../../model/spec.ts";
import type { Draft } from "../../model/submission.ts";
import type { QueueView } from "./queue-view.ts";

/** A parent that is known, or the place of one in the same batch. */
type Parent = { readonly id: TaskId } | { readonly index: number };

/** Parents of all tasks of a batch together: each is a line in a record, and two large sweeps multiply. */
const MAX_PARENTS = 1_000_000;

/** A parent and the end that is waited for. */
interface Asked {
  readonly parent: Parent;
  readonly when: ParentReference["when"];
}

/** Of each draft of a batch, its parents once the batch has its numbers. */
export type Parents = (index: number, firstNumber: number) => Dependency[];

/** Looks up what drafts wait for: in their own batch, else by number or id, else the one unended task or sweep of that name. */
export function resolveParents(seen: QueueView, drafts: readonly Draft[]): Result<Parents, Problem> {
  const isAsked = drafts.some(({ parents }) => parents !== undefined && parents.length > 0);
  if (!isAsked) return ok(() => []);
  const book = openBook(seen, drafts);
  const found: Asked[][] = [];
  let count = 0;
  for (const draft of drafts) {
    const own: Asked[] = [];
    for (const { reference, when } of draft.parents ?? []) {
      const parents = lookUp(book, { draft, reference });
      if (!parents.ok) return parents;
      count += parents.value.length;
      if (count > MAX_PARENTS) return tooMany(draft);
      for (const parent of parents.value) own.push({ parent, when });
    }
    const torn = tornBetween(own);
    if (torn !== null) {
      const name = "id" in torn ? torn.id : drafts[torn.index]?.name;
      return refuse(draft, `${name} can never both succeed and fail`);
    }
    found.push(own);
  }
  const edges = found.map((own) => own.flatMap(({ parent }) => ("index" in parent ? [parent.index] : [])));
  const cycle = findCycle(edges);
  if (cycle !== null) {
    const path = cycle.map((index) => drafts[index]?.name ?? "").join(" -> ");
    return err(
      problem("INVALID_DEPENDENCY", `Cannot queue a circle of tasks that wait for each other: ${path}`),
    );
  }
  return ok((index, firstNumber) =>
    (found[index] ?? []).map(({ parent, when }) => ({ task: idOf(parent, { drafts, firstNumber }), when })),
  );
}

/** A parent of which two ends are wanted that exclude each other, or null. */
function tornBetween(asked: readonly Asked[]): Parent | null {
  const keyOf = (parent: Parent): TaskId | number => ("id" in parent ? parent.id : parent.index);
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

/** All that a name can mean. */
interface Book {
  /** Names of drafts and of their sweeps. */
  readonly batch: ReadonlyMap<string, readonly number[]>;
  readonly seen: QueueView;
}

function openBook(seen: QueueView, drafts: readonly Draft[]): Book {
  const batch = new Map<string, number[]>();
  for (const [index, { name, group }] of drafts.entries()) {
    for (const key of new Set([name, group?.name ?? name])) {
      const known = batch.get(key);
      if (known === undefined) batch.set(key, [index]);
      else known.push(index);
    }
  }
  return { batch, seen };
}

function lookUp(
  book: Book,
  { draft, reference }: { draft: Draft; reference: string },
): Result<readonly Parent[], Problem> {
  const inBatch = book.batch.get(reference);
  if (inBatch !== undefined) {
    const isSweep = inBatch.length > 1;
    // A member of a sweep that waits for its own sweep waits for itself too.
    return isSweep && book.batch.get(draft.name) === inBatch
      ? refuse(draft, `${reference} is its own name`)
      : ok(inBatch.map((index) => ({ index })));
  }
  const id = book.seen.idOf(reference);
  if (id !== null) return ok([{ id }]);
  if (/^\d+$/.test(reference)) return refuse(draft, `there is no task ${reference}`);
  const named = book.seen.named(reference);
  const [only, ...others] = named;
  if (only !== undefined && others.length === 0) return ok([{ id: only.metadata.id }]);
  if (only !== undefined) {
    const numbers = named.map(({ metadata }) => metadata.number).join(", ");
    return refuse(
      draft,
      `${named.length} unended tasks bear the name ${reference}`,
      `name one by its number: ${numbers}`,
    );
  }
  const members = book.seen.inSweep(reference);
  return members.length > 0
    ? ok(members.map((member) => ({ id: member })))
    : unknown(book, { draft, reference });
}

function unknown(
  book: Book,
  { draft, reference }: { draft: Draft; reference: string },
): Result<never, Problem> {
  // Members that were not named otherwise bear the name of their sweep and their place in it.
  const ended = book.seen.ids.findLast((id) => {
    const name = nameOf(id);
    return (
      name === reference ||
      (name.startsWith(`${reference}-`) && /^\d+$/.test(name.slice(reference.length + 1)))
    );
  });
  if (ended !== undefined) {
    const hint = `leave it out, or name it by its number: ${numberOf(ended)}`;
    return refuse(
      draft,
      `no unended task or sweep bears the name ${reference}, the last one was ${ended}`,
      hint,
    );
  }
  const names = [...book.batch.keys(), ...book.seen.names];
  const near = closest(reference, new Set(names));
  return refuse(
    draft,
    `no task bears the name ${reference}`,
    near === null ? undefined : `did you mean "${near}"?`,
  );
}

function tooMany(draft: Draft): Result<never, Problem> {
  const why = `all in all more than ${MAX_PARENTS} parents`;
  return refuse(draft, why, "put one task in between, after the first sweep and before the second");
}

function refuse(draft: Draft, why: string, hint?: string): Result<never, Problem> {
  return err(problem("INVALID_DEPENDENCY", `Cannot queue "${draft.name}" after what it names: ${why}`, hint));
}

/** A way from a place back to itself, both ends included, or null. Without recursion: a chain may be as long as a batch. */
function findCycle(edges: readonly (readonly number[])[]): number[] | null {
  const dependents = new Map<number, number[]>();
  const open = edges.map((parents) => parents.length);
  for (const [child, parents] of edges.entries()) {
    for (const parent of parents) {
      const known = dependents.get(parent);
      if (known === undefined) dependents.set(parent, [child]);
      else known.push(child);
    }
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
  // Whoever is not free waits for another who is not: going on from parent to parent, one comes again.
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
