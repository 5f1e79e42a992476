import { err, ok, type Result } from "../lib/result.ts";
import { type Problem, problem, rejected } from "../model/errors.ts";
import { numberOf, type TaskId } from "../model/identity.ts";
import type { Outline } from "../model/outline.ts";
import type { Query } from "../model/query.ts";
import { isTerminal, PLACES } from "../model/state.ts";
import { inNumberOrder, type Task } from "../model/task.ts";
import type { Layout } from "../store/layout.ts";
import { readOpenGroup } from "../store/open-groups.ts";
import { eachOutline, type LookOptions } from "../store/outlines.ts";
import { TaskReader } from "../store/reader.ts";

/** Called where a name stands for several ended tasks or sweeps, of which the newest is taken; without it such a name is refused. */
export type TellNewest = (note: string) => void;

type Looking = Pick<LookOptions, "onProgress"> & { readonly tellNewest?: TellNewest | undefined };

/** A sweep, or a group that several submissions filled. */
interface Group {
  readonly name: string;
  /** Selects its members. */
  readonly query: Pick<Query, "group" | "openGroup">;
  readonly members: readonly TaskId[];
}

/** The members of a sweep or a group, found by its name or by the number of a member, in the order of their numbers. */
export function findGroup(layout: Layout, reference: string, options: Looking = {}): Result<Task[], Problem> {
  const meant = groupMeant(layout, reference, options);
  if (!meant.ok) return meant;
  const reader = new TaskReader(layout);
  const members = meant.value.members
    .map((id) => reader.read(id))
    .flatMap((read) => (read.ok ? [read.value] : []));
  return ok(members.toSorted(inNumberOrder));
}

/** The same, without a read of its members. A group that no task has joined yet has its name. */
export function groupMeant(
  layout: Layout,
  reference: string,
  { tellNewest, ...options }: Looking = {},
): Result<Group, Problem> {
  const groups = groupsIn(layout, options);
  return /^\d+$/.test(reference)
    ? byNumber(groups, Number(reference))
    : byName(layout, groups, { name: reference, tellNewest });
}

interface Seen extends Group {
  readonly members: TaskId[];
  hasUnfinished: boolean;
}

/** By the number of their first member, or by their id. */
type Groups = Map<number | string, Seen>;

function groupsIn(layout: Layout, options: Pick<LookOptions, "onProgress">): Groups {
  const groups: Groups = new Map();
  const see = (key: number | string, { name, query }: Pick<Group, "name" | "query">, task: Outline): void => {
    const made = (): Seen => ({ name, query, members: [], hasUnfinished: false });
    const group = groups.getOrInsertComputed(key, made);
    group.members.push(task.metadata.id);
    group.hasUnfinished ||= !isTerminal(task.status.state);
  };
  for (const task of eachOutline(layout, PLACES, options)) {
    const { group, openGroup } = task.metadata;
    if (group !== undefined) see(group.id, { name: group.name, query: { group: group.id } }, task);
    if (openGroup !== undefined)
      see(openGroup.id, { name: openGroup.name, query: { openGroup: openGroup.id } }, task);
  }
  return groups;
}

function byNumber(groups: Groups, number: number): Result<Seen, Problem> {
  // A sweep may be in a group: the sweep comes first.
  const holding = [...groups.values()].filter(({ members }) => members.some((id) => numberOf(id) === number));
  const found = groups.get(number) ?? holding.find(({ query }) => query.group !== undefined) ?? holding[0];
  return found === undefined ? err(noSuchGroup(String(number))) : ok(found);
}

/** Of several groups with a name, the newest one with unfinished members, or that is open. */
function byName(
  layout: Layout,
  groups: Groups,
  { name, tellNewest }: { readonly name: string; readonly tellNewest: TellNewest | undefined },
): Result<Seen, Problem> {
  const kept = readOpenGroup(layout, name);
  if (kept !== null && kept.closedAt === undefined) {
    const empty: Seen = { name, query: { openGroup: kept.id }, members: [], hasUnfinished: true };
    groups.getOrInsertComputed(kept.id, () => empty).hasUnfinished = true;
  }
  const named = [...groups.values()]
    .filter((group) => group.name === name)
    .toSorted((left, right) => firstOf(right) - firstOf(left));
  const [only] = named;
  if (only === undefined) return err(noSuchGroup(name));
  if (named.length === 1) return ok(only);
  const unfinished = named.find(({ hasUnfinished }) => hasUnfinished);
  if (unfinished !== undefined) return ok(unfinished);
  const latest = named.slice(0, 5).map(firstOf);
  if (tellNewest !== undefined) {
    const others = latest.slice(1).map((number) => `--group ${number}`);
    tellNewest(
      `${named.length} sweeps are called "${name}": this is the newest; ${othersText(named.length - 1, others)}`,
    );
    return ok(only);
  }
  const message = `Cannot choose the sweep "${name}": ${named.length} sweeps have this name, and all of them have ended`;
  return rejected("AMBIGUOUS", message, `use --group with a number: the latest are ${latest.join(", ")}`);
}

function firstOf({ members }: Group): number {
  return members.reduce((least, id) => Math.min(least, numberOf(id)), Number.POSITIVE_INFINITY);
}

/** `the other is 4`, or `the last of the others are 9, 4`. */
export function othersText(count: number, shown: readonly (string | number)[]): string {
  if (count === 1) return `the other is ${shown.join("")}`;
  return `the ${shown.length < count ? "last of the " : ""}others are ${shown.join(", ")}`;
}

function noSuchGroup(reference: string): Problem {
  return problem(
    "NOT_FOUND",
    /^\d/.test(reference)
      ? `No sweep has a task with number ${reference}`
      : `No sweep or group named "${reference}"`,
  );
}
