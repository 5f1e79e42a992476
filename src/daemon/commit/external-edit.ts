import { earliest } from "../../lib/earliest.ts";
import { withSpec } from "../../model/edit.ts";
import type { TaskId } from "../../model/identity.ts";
import type { Task } from "../../model/task.ts";
import { quarantine } from "../../store/quarantine.ts";
import { isAsWritten, type RecordFault, readRecord } from "../../store/record.ts";
import type { SupervisorContext } from "../context.ts";
import type { QueueState } from "../state/queue-state.ts";
import type { Committer } from "./committer.ts";

/*
 * People may edit the record of a queued task in pending/. It is read again before the task is claimed, cancelled or changed.
 *
 * This file owns `queue.unreadableRecords`: queued tasks whose record is missing or invalid now, and since when. An editor truncates a
 * file before it writes it, or renames it away, so this state counts as deliberate only after SETTLED_MS. Until then the task stays in
 * memory, is not started, and requests for it are answered with "try again".
 *
 * Order of `refreshFromDisk`:
 *   1. The file is byte for byte what was written last: nothing is to be done.
 *   2. It is missing or invalid: it is marked, and read again every RECHECK_MS. After SETTLED_MS a missing record was removed by hand and
 *      its task is dropped; an invalid one is put aside. One that the system refuses to read waits until it can be read, and is
 *      published as stuck; other tasks go on.
 *   3. It is a valid record of another task or another state: it is put aside.
 *   4. Changes of spec and labels are committed as a new generation, by the actor "hand". All other changes are overwritten.
 *
 * Invariants: a record that is being saved is neither started nor put aside; no edit changes the identity, the state or the attempts.
 * The marks are in memory only. After a crash, recovery reads each record as it stands then.
 */

/** See above. */
const SETTLED_MS = 1_000;
/** A save takes an editor milliseconds. */
const RECHECK_MS = 100;
/** A failing disk may take long for each read. */
const REFUSED_RECHECK_MS = 2_000;

/** The parts of a supervisor that are used here. */
interface Records {
  readonly context: SupervisorContext;
  readonly queue: QueueState;
  readonly committer: Committer;
}

/** The queued task as its file has it now; null where its record is gone, or cannot be read at the moment (then it stays in memory). */
export function refreshFromDisk(records: Records, known: Task): Task | null {
  const { layout, log } = records.context;
  const { id, uid } = known.metadata;
  const path = layout.record("pending", id);
  if (isAsWritten(path, known)) return markReadable(records, known);
  const read = readRecord(path);
  if (!read.ok) {
    const fault = read.error;
    if (fault.type === "unreadable") mark(records, id, fault.errno);
    else if (!isBeingWritten(records, { id, fault })) giveUp(records, { known, path, fault });
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
  const metadata = { ...known.metadata, labels: found.metadata.labels };
  const after = withSpec({ ...known, metadata }, found.spec);
  const [committed] = records.committer.commit([
    { before: known, after, actor: "hand", event: "spec_edited", detail: "edited in pending/" },
  ]);
  return committed?.result.ok ? committed.result.value : null;
}

/** Reads the marked records again; returns in how many ms to do so next, or null where none is marked. */
export function recheckUnreadable(records: Records): number | null {
  for (const id of records.queue.unreadableRecords.keys()) {
    const known = records.queue.tasks.get(id);
    if (known?.status.state === "queued") refreshFromDisk(records, known);
    else records.queue.unreadableRecords.delete(id);
  }
  const left = [...records.queue.unreadableRecords.values()];
  return earliest(left.map(({ errno }) => (errno === null ? RECHECK_MS : REFUSED_RECHECK_MS)));
}

function markReadable({ queue, committer }: Records, known: Task): Task {
  const { id } = known.metadata;
  const errno = refusalOf(queue, id);
  queue.unreadableRecords.delete(id);
  if (errno !== null) committer.publishStatus();
  return known;
}

/** Marks a record as unreadable: by an error of the system, or, with null, as an editor may be saving it. */
function mark({ queue, committer }: Records, id: TaskId, errno: string | null): void {
  const before = refusalOf(queue, id);
  queue.markUnreadable(id, errno);
  if (before !== errno) committer.publishStatus();
}

/** The error of the system for which a record is marked; null for none. */
function refusalOf(queue: QueueState, id: TaskId): string | null {
  return queue.unreadableRecords.get(id)?.errno ?? null;
}

/** A fault of what the record contains. */
type ContentFault = Exclude<RecordFault, { type: "unreadable" }>;

/** True where an editor may be saving the record: marks it. False after SETTLED_MS, and for faults that no editor causes. */
function isBeingWritten(records: Records, { id, fault }: { id: TaskId; fault: ContentFault }): boolean {
  const { context, queue } = records;
  const { unreadableRecords } = queue;
  const marked = unreadableRecords.get(id);
  const sinceMs = marked?.errno === null ? marked.sinceMs : undefined;
  const nowMs = context.clock.awakeMs();
  const isOfEditors = fault.type === "missing" || fault.type === "corrupt";
  if (!isOfEditors || nowMs - (sinceMs ?? nowMs) >= SETTLED_MS) {
    unreadableRecords.delete(id);
    return false;
  }
  if (sinceMs === undefined) mark(records, id, null);
  return true;
}

function giveUp(
  records: Records,
  { known, path, fault }: { known: Task; path: string; fault: ContentFault },
): void {
  const { id } = known.metadata;
  const { log } = records.context;
  records.queue.remove(id);
  switch (fault.type) {
    case "missing":
      return log(`${id}: its record was removed from pending/ by hand`);
    case "newer":
      return log(`${id}: left alone, its record was written by a newer stint`);
    case "corrupt":
      return log(`${id}: ${quarantine(path, fault.reason).what}`);
  }
}
