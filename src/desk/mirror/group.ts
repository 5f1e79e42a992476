import { ok, type Result } from "../../lib/result.ts";
import type { Problem } from "../../model/errors.ts";
import type { Query } from "../../model/query.ts";
import type { Layout } from "../../store/layout.ts";
import { readOpenGroup } from "../../store/open-groups.ts";
import { groupMeant } from "../groups.ts";
import type { MirrorTasks } from "./tasks.ts";

type OfGroup = Pick<Query, "group" | "openGroup">;

/** Selects the members of a sweep or a group, as `groupMeant` does: that one reads all records, and is asked where memory does not tell. */
export function groupIn(layout: Layout, tasks: MirrorTasks, reference: string): Result<OfGroup, Problem> {
  const known = /^\d+$/.test(reference)
    ? byNumber(tasks, Number(reference))
    : byName(layout, tasks, reference);
  if (known !== null) return ok(known);
  const meant = groupMeant(layout, reference);
  return meant.ok ? ok(meant.value.query) : meant;
}

function byNumber(tasks: MirrorTasks, number: number): OfGroup | null {
  const [entry, ...others] = tasks.withNumber(number);
  const { group, openGroup } = (entry?.task ?? entry?.ended?.outline)?.metadata ?? {};
  if (others.length > 0) return null;
  if (group !== undefined) return { group: group.id };
  return openGroup === undefined ? null : { openGroup: openGroup.id };
}

/** The only one of the name that has unfinished members. */
function byName(layout: Layout, tasks: MirrorTasks, name: string): OfGroup | null {
  const found = new Map<string, OfGroup>();
  for (const { task } of tasks.inOrder) {
    const { group, openGroup } = task?.metadata ?? {};
    if (group?.name === name) found.set(`sweep ${group.id}`, { group: group.id });
    if (openGroup?.name === name) found.set(openGroup.id, { openGroup: openGroup.id });
  }
  const kept = readOpenGroup(layout, name);
  if (kept !== null && kept.closedAt === undefined) found.set(kept.id, { openGroup: kept.id });
  const [only, ...others] = found.values();
  return only !== undefined && others.length === 0 ? only : null;
}
