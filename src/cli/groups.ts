import { err, ok, type Result } from "../lib/result.ts";
import { type Problem, problem } from "../model/errors.ts";
import { isTerminal, PLACES } from "../model/state.ts";
import type { Task } from "../model/task.ts";
import type { Layout } from "../store/layout.ts";
import { readTasks } from "../store/reader.ts";

/** The members of the sweep that a name means, or the number of any member, in their order. */
export function findGroup(layout: Layout, reference: string): Result<Task[], Problem> {
  const members = readTasks(layout, PLACES).filter((task) => task.metadata.group !== undefined);
  const groups = Map.groupBy(members, (task) => task.metadata.group?.id ?? 0);
  const meant = /^\d+$/.test(reference) ? byNumber(groups, Number(reference)) : byName(groups, reference);
  return meant.ok
    ? ok(meant.value.toSorted((left, right) => left.metadata.number - right.metadata.number))
    : meant;
}

type Groups = ReadonlyMap<number, Task[]>;

function byNumber(groups: Groups, number: number): Result<Task[], Problem> {
  const found =
    groups.get(number) ??
    [...groups.values()].find((members) => members.some(({ metadata }) => metadata.number === number));
  return found === undefined ? err(noSuchGroup(String(number))) : ok(found);
}

/** Of several sweeps of a name the newest one that still has something to do. */
function byName(groups: Groups, name: string): Result<Task[], Problem> {
  const named = [...groups]
    .filter(([, members]) => members[0]?.metadata.group?.name === name)
    .toSorted(([left], [right]) => right - left);
  const [only] = named;
  if (only === undefined) return err(noSuchGroup(name));
  if (named.length === 1) return ok(only[1]);
  const unended = named.find(([, members]) => members.some(({ status }) => !isTerminal(status.state)));
  if (unended !== undefined) return ok(unended[1]);
  const latest = named.slice(0, 5).map(([id]) => id);
  return err(
    problem(
      "AMBIGUOUS",
      `Cannot take "${name}": ${named.length} sweeps bear this name, and all of them have ended`,
      `use --group with a number: the latest are ${latest.join(", ")}`,
    ),
  );
}

function noSuchGroup(reference: string): Problem {
  return problem(
    "NOT_FOUND",
    `Cannot find the sweep "${reference}": there is none of that ${/^\d/.test(reference) ? "number" : "name"}`,
  );
}
