import { failpoint } from "../lib/failpoint.ts";
import type { AuditNote } from "../model/audit.ts";
import type { TaskId } from "../model/identity.ts";
import type { Task } from "../model/task.ts";
import { batchMembers, incomingBatches, publishBatch } from "../store/batch.ts";
import { type Finding, quarantine } from "../store/quarantine.ts";
import { readRecordOf } from "../store/record.ts";
import { RecordParts } from "../store/record-parts.ts";
import { onDisk } from "../store/trouble.ts";
import type { Holder } from "./holder.ts";

/** A batch that cannot be taken in while the disk takes all else is spoilt itself: nothing that the queue should wait for. */
const MAX_TRIES = 2;

/** Takes accepted batches into `pending/` and into memory. */
export function takeIncoming(holder: Holder): void {
  const { layout } = holder.options;
  for (const batch of incomingBatches(layout)) {
    const tries = holder.unusable.get(batch) ?? 0;
    if (tries >= MAX_TRIES) continue;
    const findings: Finding[] = [];
    const known = onDisk("look into the batch", () => batchMembers(layout, batch));
    const published = onDisk(`publish the batch "${batch}"`, () => publishBatch(layout, batch, findings));
    failpoint("incoming:published");
    for (const { path, what } of findings) holder.options.say(`${path}: ${what}`);
    // Also of a batch that the disk let go only in part: what is in pending/ comes by no other way into memory.
    const arrived = known.ok ? known.value.filter((id) => !holder.tasks.has(id)) : [];
    const parts = new RecordParts();
    const tasks = arrived.map((id) => load(holder, { id, parts })).filter((task) => task !== null);
    for (const task of tasks) holder.take(task);
    // Lost in a power cut, they are told of at the next start.
    holder.note(tasks.map(queuedNote), { isSynced: false });
    if (tasks.length > 0) holder.options.say(`queued ${names(tasks)}`);
    if (published.ok) holder.unusable.delete(batch);
    else if (tries + 1 < MAX_TRIES) {
      holder.unusable.set(batch, tries + 1);
      return holder.meet(published.error);
    } else {
      holder.unusable.set(batch, MAX_TRIES);
      holder.options.say(`${published.error.message}; left alone until the next start`);
    }
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

function load(
  holder: Holder,
  { id, parts }: { readonly id: TaskId; readonly parts: RecordParts },
): Task | null {
  const path = holder.options.layout.record("pending", id);
  const { say } = holder.options;
  const read = readRecordOf(id, { path, parts });
  const fault = read.ok ? faultOf(read.value, id) : read.error.type === "corrupt" ? read.error.reason : null;
  if (fault !== null) say(`${id}: ${quarantine(path, fault).what}`);
  else if (read.ok) return read.value;
  else say(`${id}: left alone, its record is ${read.error.type}`);
  return null;
}

/** Why a record cannot be one that was just accepted, or null. */
function faultOf({ metadata, status }: Task, id: TaskId): string | null {
  if (metadata.id !== id) return `it says that it is ${metadata.id}`;
  return status.state === "queued" ? null : `it is ${status.state}, wanted a queued task`;
}

/** More than this many names say less than their number. */
const MAX_NAMES = 5;

function names(tasks: readonly Task[]): string {
  const ids = tasks.map((task) => task.metadata.id);
  return ids.length <= MAX_NAMES ? ids.join(", ") : `${ids.length} tasks, ${ids[0]} to ${ids.at(-1)}`;
}
