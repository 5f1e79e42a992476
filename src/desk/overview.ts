import type { TaskId } from "../model/identity.ts";
import type { OpenGroup } from "../model/open-group.ts";
import type { Owner, Silence } from "../model/owner.ts";
import type { Task } from "../model/task.ts";
import { batchMembers } from "../store/batch.ts";
import { readDiskFault, stuckBatchesOf } from "../store/disk-fault.ts";
import type { Layout } from "../store/layout.ts";
import { lockOwner } from "../store/lock-owner.ts";
import { openGroups } from "../store/open-groups.ts";
import { readTasks } from "../store/reader.ts";
import { silenceOf } from "../store/silence.ts";
import { type OverridesSeen, overridesSeen } from "./control.ts";

/** The unfinished tasks and their supervisor, as the files show them; why a task waits is answered by `waits.ts`. */
export interface Overview {
  readonly active: readonly Task[];
  readonly queued: readonly Task[];
  /** Unfinished tasks whose records cannot be read. */
  readonly unread: readonly TaskId[];
  /** The lock owner. */
  readonly owner: Owner | null;
  readonly isSupervised: boolean;
  /** What was changed at run time. */
  readonly seen: OverridesSeen;
  /** Set where the supervisor is stopped or does not answer. */
  readonly silence: Silence | null;
  /** Why no job starts at all; null where no disk fault is reported. */
  readonly diskFault: string | null;
  /** The accepted tasks that the supervisor cannot queue, and why. */
  readonly stuck: ReadonlyMap<TaskId, string>;
  /** The groups that wait to be closed. */
  readonly openGroups: readonly OpenGroup[];
}

/** Reads pending/ and running/, and who supervises them. */
export function readOverview(layout: Layout, nowMs: number): Overview {
  const unread: TaskId[] = [];
  const unfinished = readTasks(layout, ["running", "pending"], unread);
  return overviewOf(layout, { unfinished, unread }, nowMs);
}

/** The same where the unfinished tasks are known. */
export function overviewOf(
  layout: Layout,
  { unfinished, unread }: { readonly unfinished: readonly Task[]; readonly unread: readonly TaskId[] },
  nowMs: number,
): Overview {
  const owner = lockOwner(layout);
  return {
    active: unfinished.filter((task) => task.status.state !== "queued"),
    queued: unfinished.filter((task) => task.status.state === "queued"),
    unread,
    owner,
    isSupervised: owner?.capacity !== undefined,
    seen: overridesSeen(layout, owner),
    silence: silenceOf(layout, owner, nowMs),
    diskFault: readDiskFault(layout),
    stuck: stuckTasks(layout, unfinished),
    openGroups: openGroups(layout),
  };
}

function stuckTasks(layout: Layout, unfinished: readonly Task[]): Map<TaskId, string> {
  const noted = new Map(stuckBatchesOf(layout).map(({ batch, message }) => [batch, message]));
  const members = [...noted].flatMap(([batch, message]) =>
    batchMembers(layout, batch).map((id) => [id, message] as const),
  );
  // A single record in pending/ may be unreadable.
  const alone = unfinished.flatMap(({ metadata: { id } }) => {
    const message = noted.get(id);
    return message === undefined ? [] : [[id, message] as const];
  });
  return new Map([...members, ...alone]);
}
