import { findNamed } from "../../desk/select.ts";
import { globMatcher } from "../../lib/glob.ts";
import { ok, type Result } from "../../lib/result.ts";
import type { Problem } from "../../model/errors.ts";
import type { TaskId } from "../../model/identity.ts";
import { PLACES } from "../../model/state.ts";
import type { Layout } from "../../store/layout.ts";
import { eachOutline, type LookOptions } from "../../store/outlines.ts";

/** The ids that the operands of a listing name: a name stands for all tasks and sweeps that have it, and may be a pattern. */
export function idsNamed(
  layout: Layout,
  references: readonly string[],
  options: LookOptions,
): Result<ReadonlySet<TaskId>, Problem> {
  const ids = new Set<TaskId>();
  for (const reference of references.flatMap((words) => words.split(","))) {
    const named = /^[@\d]/.test(reference) ? [] : idsWithName(layout, reference, options);
    if (named.length === 0) {
      const found = findNamed(layout, [reference]);
      if (!found.ok) return found;
      named.push(...found.value.tasks.map(({ metadata }) => metadata.id));
    }
    for (const id of named) ids.add(id);
  }
  return ok(ids);
}

function idsWithName(layout: Layout, pattern: string, options: LookOptions): TaskId[] {
  const isNamed = globMatcher(pattern);
  const ids: TaskId[] = [];
  for (const { metadata } of eachOutline(layout, [...PLACES], options))
    if ([metadata, metadata.group, metadata.openGroup].some((one) => one !== undefined && isNamed(one.name)))
      ids.push(metadata.id);
  return ids;
}
