import type { CodeOf } from "../daemon/admit/code.ts";
import { type Left, withoutSameWork } from "../daemon/admit/same-work.ts";
import { ok, type Result } from "../lib/result.ts";
import { type Problem, rejected } from "../model/errors.ts";
import { isActive } from "../model/state.ts";
import type { Draft } from "../model/submission.ts";
import type { Task } from "../model/task.ts";
import { isOnItsWay } from "../plan/lane.ts";
import type { Layout } from "../store/layout.ts";
import { readTasks } from "../store/reader.ts";

/** Drafts after `unique`, `key`, `reuse` and `admission: dropIfRunning` were applied. */
export type Admission = Left;

/** True for a draft that depends on which tasks are in the home. */
export function looksIntoQueue({ spec }: Draft): boolean {
  return (spec.unique ?? spec.key) !== undefined || spec.reuse === true || isDropped({ spec });
}

function isDropped({ spec }: Pick<Draft, "spec">): boolean {
  return spec.slot !== undefined && spec.admission === "dropIfRunning";
}

/**
 * Omits drafts whose work another task does or has done, and refuses drafts that would not wait for a busy lane. The planner checks the
 * records again, and so finds a task that is accepted after this check.
 */
export function admit(
  layout: Layout,
  {
    drafts,
    nowMs,
    code,
  }: { readonly drafts: readonly Draft[]; readonly nowMs: number; readonly code?: CodeOf | undefined },
): Result<Admission, Problem> {
  if (!drafts.some(looksIntoQueue)) return ok({ drafts, same: [] });
  const unfinished = readTasks(layout, ["running", "pending"]);
  const left = withoutSameWork(drafts, { layout, unfinished: () => unfinished, code });
  if (!left.ok) return left;
  for (const { name, spec } of left.value.drafts.filter(isDropped)) {
    const owner = unfinished.find((task) => task.spec.slot === spec.slot && isOnItsWay(task, nowMs));
    if (owner !== undefined) return busy(name, owner);
  }
  return left;
}

function busy(name: string, { metadata: { id }, spec: { slot }, status }: Task): Result<never, Problem> {
  const how = isActive(status.state) ? "runs" : "waits";
  const message = `Cannot queue "${name}": the lane "${slot}" is busy, ${id} ${how} in it`;
  const hint = "to wait in line: --admission queue   to take its place: --admission replace";
  return rejected("SLOT_BUSY", message, hint);
}
