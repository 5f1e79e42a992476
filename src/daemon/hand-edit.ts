import { unreachable } from "../lib/unreachable.ts";
import { problem } from "../model/errors.ts";
import type { TaskId } from "../model/identity.ts";
import type { Task } from "../model/task.ts";
import { quarantine } from "../store/quarantine.ts";
import { isAsWritten, type RecordFault, readRecord } from "../store/record.ts";
import type { Holder } from "./holder.ts";

/**
 * Editors empty a record before they write it, or move it out of the way: what is no record, or none at all, must have stood so
 * for this long before it is what somebody meant.
 */
const SETTLED_MS = 1_000;
/** A save takes an editor milliseconds. */
const LOOK_MS = 100;

/**
 * A queued task as its file has it now: people may edit a record in pending/. What they wrote of the spec and the labels
 * counts, as a new generation; null where there is no task to work on any more, or for the moment: then it is still known.
 */
export function asOnDisk(holder: Holder, known: Task): Task | null {
  const { layout, say } = holder.options;
  const { id, uid, generation } = known.metadata;
  const path = layout.record("pending", id);
  if (isAsWritten(path, known)) return settled(holder, known);
  const read = readRecord(path);
  if (!read.ok) {
    if (!isBeingWritten(holder, { id, fault: read.error }))
      giveUp(holder, { known, path, fault: read.error });
    return null;
  }
  settled(holder, known);
  const found = read.value;
  if (found.metadata.uid !== uid || found.status.state !== "queued") {
    holder.forget(id);
    say(`${id}: ${quarantine(path, "it is not the task that was queued under this name").what}`);
    return null;
  }
  const isSame =
    Bun.deepEquals(found.spec, known.spec) && Bun.deepEquals(found.metadata.labels, known.metadata.labels);
  if (isSame) return known;
  const metadata = { ...known.metadata, labels: found.metadata.labels, generation: generation + 1 };
  const after = { ...known, spec: found.spec, metadata };
  const [written] = holder.commit([
    { before: known, after, actor: "hand", event: "spec_edited", detail: "edited in pending/" },
  ]);
  return written?.ok ? written.value : null;
}

/** Looks again at the records that were none; gives when to do so the next time in ms, or null where there are none. */
export function lookAgain(holder: Holder): number | null {
  for (const id of holder.unsettled.keys()) {
    const known = holder.tasks.get(id);
    if (known?.status.state === "queued") asOnDisk(holder, known);
    else holder.unsettled.delete(id);
  }
  return holder.unsettled.size > 0 ? LOOK_MS : null;
}

function settled({ unsettled }: Holder, known: Task): Task {
  unsettled.delete(known.metadata.id);
  return known;
}

/** False for what has stood so for long enough, and for what no editor does. */
function isBeingWritten(holder: Holder, { id, fault }: { id: TaskId; fault: RecordFault }): boolean {
  const { unsettled, options } = holder;
  const sinceMs = unsettled.get(id);
  const nowMs = options.clock.awakeMs();
  const isOfEditors = fault.type === "missing" || fault.type === "corrupt";
  if (!isOfEditors || nowMs - (sinceMs ?? nowMs) >= SETTLED_MS) {
    unsettled.delete(id);
    return false;
  }
  if (sinceMs === undefined) holder.doubt(id);
  return true;
}

function giveUp(
  holder: Holder,
  { known, path, fault }: { known: Task; path: string; fault: RecordFault },
): void {
  const { id } = known.metadata;
  const { say } = holder.options;
  switch (fault.type) {
    case "missing":
      holder.forget(id);
      return say(`${id}: its record was removed from pending/ by hand`);
    case "newer":
      holder.forget(id);
      return say(`${id}: left alone, its record was written by a newer stint`);
    case "corrupt":
      holder.forget(id);
      return say(`${id}: ${quarantine(path, fault.reason).what}`);
    case "unreadable":
      return holder.meet(problem("WRITE_FAILED", `Cannot read the record of "${id}": ${fault.errno}`));
    default:
      return unreachable(fault);
  }
}
