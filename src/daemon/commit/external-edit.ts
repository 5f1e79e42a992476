import { unreachable } from "../../lib/unreachable.ts";
import { problem } from "../../model/errors.ts";
import type { TaskId } from "../../model/identity.ts";
import type { Task } from "../../model/task.ts";
import { quarantine } from "../../store/quarantine.ts";
import { isAsWritten, type RecordFault, readRecord } from "../../store/record.ts";
import type { SupervisorContext } from "../context.ts";
import type { QueueState } from "../state/queue-state.ts";
import type { Committer } from "./committer.ts";

/**
 * Editors empty a record before they write it, or move it out of the way: what is no record, or none at all, must have stood so
 * for this long before it is what somebody meant.
 */
const SETTLED_MS = 1_000;
/** A save takes an editor milliseconds. */
const LOOK_MS = 100;

/** The parts of the records that an edit by hand concerns. */
interface Records {
  readonly context: SupervisorContext;
  readonly queue: QueueState;
  readonly committer: Committer;
}

/**
 * A queued task as its file has it now: people may edit a record in pending/. What they wrote of the spec and the labels
 * counts, as a new generation; null where there is no task to work on any more, or for the moment: then it is still known.
 */
export function refreshFromDisk(records: Records, known: Task): Task | null {
  const { layout, log } = records.context;
  const { id, uid, generation } = known.metadata;
  const path = layout.record("pending", id);
  if (isAsWritten(path, known)) return markReadable(records, known);
  const read = readRecord(path);
  if (!read.ok) {
    if (!isBeingWritten(records, { id, fault: read.error }))
      giveUp(records, { known, path, fault: read.error });
    return null;
  }
  markReadable(records, known);
  const found = read.value;
  if (found.metadata.uid !== uid || found.status.state !== "queued") {
    records.queue.remove(id);
    log(`${id}: ${quarantine(path, "it is not the task that was queued under this name").what}`);
    return null;
  }
  const isSame =
    Bun.deepEquals(found.spec, known.spec) && Bun.deepEquals(found.metadata.labels, known.metadata.labels);
  if (isSame) return known;
  const metadata = { ...known.metadata, labels: found.metadata.labels, generation: generation + 1 };
  const after = { ...known, spec: found.spec, metadata };
  const [committed] = records.committer.commit([
    { before: known, after, actor: "hand", event: "spec_edited", detail: "edited in pending/" },
  ]);
  return committed?.result.ok ? committed.result.value : null;
}

/** Looks again at the records that were none; gives when to do so the next time in ms, or null where there are none. */
export function recheckUnreadable(records: Records): number | null {
  for (const id of records.queue.unreadableRecords.keys()) {
    const known = records.queue.tasks.get(id);
    if (known?.status.state === "queued") refreshFromDisk(records, known);
    else records.queue.unreadableRecords.delete(id);
  }
  return records.queue.unreadableRecords.size > 0 ? LOOK_MS : null;
}

function markReadable({ queue }: Records, known: Task): Task {
  queue.unreadableRecords.delete(known.metadata.id);
  return known;
}

/** False for what has stood so for long enough, and for what no editor does. */
function isBeingWritten(records: Records, { id, fault }: { id: TaskId; fault: RecordFault }): boolean {
  const { context, queue } = records;
  const { unreadableRecords } = queue;
  const sinceMs = unreadableRecords.get(id);
  const nowMs = context.clock.awakeMs();
  const isOfEditors = fault.type === "missing" || fault.type === "corrupt";
  if (!isOfEditors || nowMs - (sinceMs ?? nowMs) >= SETTLED_MS) {
    unreadableRecords.delete(id);
    return false;
  }
  if (sinceMs === undefined) records.queue.markUnreadable(id);
  return true;
}

function giveUp(
  records: Records,
  { known, path, fault }: { known: Task; path: string; fault: RecordFault },
): void {
  const { id } = known.metadata;
  const { log } = records.context;
  switch (fault.type) {
    case "missing":
      records.queue.remove(id);
      return log(`${id}: its record was removed from pending/ by hand`);
    case "newer":
      records.queue.remove(id);
      return log(`${id}: left alone, its record was written by a newer stint`);
    case "corrupt":
      records.queue.remove(id);
      return log(`${id}: ${quarantine(path, fault.reason).what}`);
    case "unreadable":
      return records.committer.enterDegraded(
        problem("WRITE_FAILED", `Cannot read the record of "${id}": ${fault.errno}`),
      );
    default:
      return unreachable(fault);
  }
}
