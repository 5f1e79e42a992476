import { err, ok, type Result } from "../lib/result.ts";
import { type Problem, problem, rejected } from "../model/errors.ts";
import { numberOf, type TaskId } from "../model/identity.ts";
import { isTerminal, PLACES } from "../model/state.ts";
import { inNumberOrder, type Task } from "../model/task.ts";
import type { Layout } from "../store/layout.ts";
import { eachOutline, type LookOptions } from "../store/outlines.ts";
import { TaskReader } from "../store/reader.ts";

/** The members of a sweep, found by its name or by the number of a member, in the order of their numbers. */
export function findGroup(
  layout: Layout,
  reference: string,
  options: Pick<LookOptions, "onProgress"> = {},
): Result<Task[], Problem> {
  const sweeps = sweepsIn(layout, options);
  const meant = /^\d+$/.test(reference) ? byNumber(sweeps, Number(reference)) : byName(sweeps, reference);
  if (!meant.ok) return meant;
  const reader = new TaskReader(layout);
  const members = meant.value.members
    .map((id) => reader.read(id))
    .flatMap((read) => (read.ok ? [read.value] : []));
  return ok(members.toSorted(inNumberOrder));
}

interface Sweep {
  readonly id: number;
  readonly name: string;
  readonly members: TaskId[];
  hasUnfinished: boolean;
}

type Sweeps = ReadonlyMap<number, Sweep>;

function sweepsIn(layout: Layout, options: Pick<LookOptions, "onProgress">): Sweeps {
  const sweeps = new Map<number, Sweep>();
  for (const { metadata, status } of eachOutline(layout, PLACES, options)) {
    const { id, group } = metadata;
    if (group === undefined) continue;
    const made = (): Sweep => ({ id: group.id, name: group.name, members: [], hasUnfinished: false });
    const sweep = sweeps.getOrInsertComputed(group.id, made);
    sweep.members.push(id);
    sweep.hasUnfinished ||= !isTerminal(status.state);
  }
  return sweeps;
}

function byNumber(sweeps: Sweeps, number: number): Result<Sweep, Problem> {
  const found =
    sweeps.get(number) ??
    [...sweeps.values()].find(({ members }) => members.some((id) => numberOf(id) === number));
  return found === undefined ? err(noSuchGroup(String(number))) : ok(found);
}

/** Of several sweeps with a name, the newest one with unfinished members. */
function byName(sweeps: Sweeps, name: string): Result<Sweep, Problem> {
  const named = [...sweeps.values()]
    .filter((sweep) => sweep.name === name)
    .toSorted((left, right) => right.id - left.id);
  const [only] = named;
  if (only === undefined) return err(noSuchGroup(name));
  if (named.length === 1) return ok(only);
  const unfinished = named.find(({ hasUnfinished }) => hasUnfinished);
  if (unfinished !== undefined) return ok(unfinished);
  const latest = named.slice(0, 5).map(({ id }) => id);
  const message = `Cannot choose the sweep "${name}": ${named.length} sweeps have this name, and all of them have ended`;
  return rejected("AMBIGUOUS", message, `use --group with a number: the latest are ${latest.join(", ")}`);
}

function noSuchGroup(reference: string): Problem {
  return problem(
    "NOT_FOUND",
    /^\d/.test(reference) ? `No sweep has a task with number ${reference}` : `No sweep named "${reference}"`,
  );
}
