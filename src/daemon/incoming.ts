import { failpoint } from "../lib/failpoint.ts";
import type { AuditNote } from "../model/audit.ts";
import type { TaskId } from "../model/identity.ts";
import type { Task } from "../model/task.ts";
import { batchMembers, incomingBatches, publishBatch } from "../store/batch.ts";
import { quarantine } from "../store/quarantine.ts";
import { readRecord } from "../store/record.ts";
import { onDisk } from "../store/trouble.ts";
import type { Holder } from "./holder.ts";

/** Takes accepted batches into `pending/` and into memory. */
export function takeIncoming(holder: Holder): void {
  const { layout } = holder.options;
  for (const batch of incomingBatches(layout)) {
    const ids = batchMembers(layout, batch);
    const published = onDisk(`move the batch ${batch} into pending/`, () => publishBatch(layout, batch));
    failpoint("incoming:published");
    // Also of a batch that the disk let go only in part: what is in pending/ comes by no other way into memory.
    const tasks = ids.map((id) => load(holder, id)).filter((task) => task !== null);
    for (const task of tasks) holder.take(task);
    holder.note(tasks.map(queuedNote));
    if (tasks.length > 0) holder.options.say(`queued ${names(tasks)}`);
    if (!published.ok) return holder.meet(published.error);
  }
}

/** The first line on a task in the audit log. */
export function queuedNote(task: Task): AuditNote {
  const { id, uid, createdBy, resourceVersion, source } = task.metadata;
  return {
    event: "task_queued",
    actor: createdBy,
    task: id,
    uid,
    to: "queued",
    version: resourceVersion,
    detail: `from ${source}`,
  };
}

function load(holder: Holder, id: TaskId): Task | null {
  const path = holder.options.layout.record("pending", id);
  const read = readRecord(path);
  if (read.ok) return read.value;
  if (read.error.type === "corrupt") holder.options.say(`${id}: ${quarantine(path, read.error.reason).what}`);
  return null;
}

/** More than this many names say less than their number. */
const MAX_NAMES = 5;

function names(tasks: readonly Task[]): string {
  const ids = tasks.map((task) => task.metadata.id);
  return ids.length <= MAX_NAMES ? ids.join(", ") : `${ids.length} tasks, ${ids[0]} to ${ids.at(-1)}`;
}
