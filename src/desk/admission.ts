import { ok, type Result } from "../lib/result.ts";
import { type Problem, rejected } from "../model/errors.ts";
import { isActive } from "../model/state.ts";
import type { Draft } from "../model/submission.ts";
import type { Task } from "../model/task.ts";
import { isOnItsWay } from "../plan/lane.ts";
import type { Layout } from "../store/layout.ts";
import { readTasks } from "../store/reader.ts";

/** Drafts after `unique` and `admission: dropIfRunning` were applied. */
export interface Admission {
  /** To be queued. */
  readonly drafts: readonly Draft[];
  /** The unfinished tasks whose keys the other drafts have, each once. */
  readonly same: readonly Task[];
}

/** True for a draft that depends on which tasks are in the queue. */
export function looksIntoQueue({ spec }: Draft): boolean {
  return spec.unique !== undefined || (spec.slot !== undefined && spec.admission === "dropIfRunning");
}

/**
 * Omits drafts whose key an unfinished task has, and refuses drafts that would not wait for a busy lane. The planner checks the
 * records again, and so finds a task that is accepted after this check.
 */
export function admit(
  layout: Layout,
  { drafts, nowMs }: { readonly drafts: readonly Draft[]; readonly nowMs: number },
): Result<Admission, Problem> {
  if (!drafts.some(looksIntoQueue)) return ok({ drafts, same: [] });
  const unfinished = readTasks(layout, ["running", "pending"]);
  const sameOf = ({ spec }: Draft): Task | undefined =>
    spec.unique === undefined ? undefined : unfinished.find((task) => task.spec.unique === spec.unique);
  const wanted = drafts.filter((draft) => sameOf(draft) === undefined);
  const same = new Set(drafts.map(sameOf).filter((task) => task !== undefined));
  for (const { name, spec } of wanted) {
    const owner = unfinished.find(
      (task) => spec.slot !== undefined && task.spec.slot === spec.slot && isOnItsWay(task, nowMs),
    );
    if (spec.admission !== "dropIfRunning" || owner === undefined) continue;
    const how = isActive(owner.status.state) ? "runs" : "waits";
    const message = `Cannot queue "${name}": the lane "${spec.slot}" is busy, ${owner.metadata.id} ${how} in it`;
    return rejected(
      "SLOT_BUSY",
      message,
      "to wait in line: --admission queue   to take its place: --admission replace",
    );
  }
  return ok({ drafts: wanted, same: [...same] });
}
