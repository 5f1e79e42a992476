import type { Result } from "../../lib/result.ts";
import type { Problem } from "../../model/errors.ts";
import type { TaskId } from "../../model/identity.ts";
import { tiesOf } from "../../model/ties.ts";
import type { OnItsWay } from "../../plan/intake-order.ts";
import { batchMembers, FEW_TASKS, notedTies, tasksIn } from "../../store/batch.ts";
import { tryFs } from "../../store/fs-errors.ts";
import type { Supervisor } from "../supervisor.ts";

/** An accepted batch that is not published yet. */
export interface AcceptedBatch extends OnItsWay {
  readonly name: string;
  /** Those of its tasks that were not in `pending/` when it was read; an error where the folder could not be listed. */
  readonly members: Result<readonly TaskId[], Problem>;
}

/** Lists the members of a batch and, where others wait too, their lanes and parents; from here on its tasks are awaited. */
export function lookedInto(
  { queue: { arrivals }, context: { layout } }: Supervisor,
  name: string,
  isWithOthers: boolean,
): AcceptedBatch {
  const members = tryFs("list the batch", () => batchMembers(layout, name));
  const unknown = { name, members, ties: null, parents: null };
  if (!members.ok) return unknown;
  arrivals.expect(members.value);
  const isFew = members.value.length <= FEW_TASKS;
  // A lone small batch is published before another one can come: its order matters to none.
  if (isFew && !isWithOthers) return unknown;
  const seen = tryFs("read the tasks of the batch", () => ({
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
