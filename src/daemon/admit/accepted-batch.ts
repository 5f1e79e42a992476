import type { Result } from "../../lib/result.ts";
import type { Problem } from "../../model/errors.ts";
import type { TaskId } from "../../model/identity.ts";
import { tiesOf } from "../../model/ties.ts";
import type { OnItsWay } from "../../plan/intake-order.ts";
import { batchMembers, FEW_TASKS, notedTies, tasksIn } from "../../store/batch.ts";
import { tryFs } from "../../store/fs-errors.ts";
import type { Supervisor } from "../supervisor.ts";

/** An accepted batch that is not in yet. */
export interface AcceptedBatch extends OnItsWay {
  readonly name: string;
  /** Those of its tasks that were not in `pending/` when it was looked into. */
  readonly members: Result<readonly TaskId[], Problem>;
}

/** Looks into a batch; from here on its tasks are known to be on their way. */
export function lookedInto(
  { queue: { arrivals }, context: { layout } }: Supervisor,
  name: string,
  isWithOthers: boolean,
): AcceptedBatch {
  const members = tryFs("look into the batch", () => batchMembers(layout, name));
  const unknown = { name, members, ties: null, parents: null };
  if (!members.ok) return unknown;
  arrivals.expect(members.value);
  const isFew = members.value.length <= FEW_TASKS;
  // By itself it depends on no other one, and is in before one comes.
  if (isFew && !isWithOthers) return unknown;
  const seen = tryFs("look at the tasks of the batch", () => ({
    ties: isFew ? null : notedTies(layout, name),
    tasks: isFew ? tasksIn(layout, name, members.value) : null,
  }));
  if (!seen.ok) return unknown;
  const { tasks, ties } = seen.value;
  if (tasks === null) return { ...unknown, ties };
  const own = new Set(members.value);
  const parents = tasks.flatMap(({ spec }) => (spec.after ?? []).map(({ task }) => task));
  return {
    name,
    members,
    ties: new Set(tasks.flatMap(tiesOf)),
    parents: parents.filter((id) => !own.has(id)),
  };
}
