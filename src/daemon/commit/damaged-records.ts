import { lstatSync } from "node:fs";
import { unlessRefused } from "../../lib/errno.ts";
import type { TaskId } from "../../model/identity.ts";
import type { Task } from "../../model/task.ts";
import { replaceSynced } from "../../store/durable.ts";
import { quarantineReplaced } from "../../store/quarantine.ts";
import { isAsWritten, readRecord, recordText } from "../../store/record.ts";
import type { SupervisorContext } from "../context.ts";
import type { QueueState } from "../state/queue-state.ts";
import type { Committer } from "./committer.ts";

/** The parts of a supervisor that are used here. */
interface Records {
  readonly context: SupervisorContext;
  readonly queue: QueueState;
  readonly committer: Committer;
}

/**
 * Finds records of running jobs that were damaged on the disk, and writes them again from memory: without one, the next supervisor would
 * know nothing of the job. The damaged file is kept in the quarantine. A missing record was removed by hand, and an older version is
 * replaced by the next commit. Records of queued tasks are people's to edit; see `external-edit.ts`.
 *
 * The damaged file keeps its name until the new one takes it, so a crash between two steps leaves one of both.
 */
export class DamagedRecords {
  readonly #records: Records;
  /** What lstat(2) said of each file when it was last found whole. */
  #whole = new Map<TaskId, string>();

  constructor(records: Records) {
    this.#records = records;
  }

  /** Looks at the records of all running jobs; only files that have changed are read. Throws what the disk refuses. */
  mend(): void {
    const { committer, queue } = this.#records;
    if (committer.degraded !== null) return;
    const whole = new Map<TaskId, string>();
    for (const task of queue.active) {
      const { id } = task.metadata;
      const print = this.#mendOne(task, this.#whole.get(id));
      if (print !== null) whole.set(id, print);
    }
    this.#whole = whole;
  }

  /** What lstat(2) says of a record that is whole; null where it is to be looked at again. */
  #mendOne(task: Task, known: string | undefined): string | null {
    const { context, committer } = this.#records;
    const { id, uid } = task.metadata;
    const path = context.layout.record("running", id);
    const print = printOf(path);
    if (print === null || print === known || isAsWritten(path, task)) return print;
    const read = readRecord(path);
    const reason = read.ok
      ? read.value.metadata.uid !== uid && "it is the record of another task"
      : read.error.type === "corrupt" && read.error.reason;
    if (reason === false) return null;
    const { path: aside, what } = quarantineReplaced(path, reason);
    replaceSynced(path, recordText(task), context.layout.tmp);
    const detail = `${aside}: ${what}`;
    committer.audit([{ event: "quarantined", actor: context.actor, detail }]);
    context.log(`${id}: its record was damaged, and was written again; ${detail}`);
    return null;
  }
}

function printOf(path: string): string | null {
  const stat = unlessRefused(() => lstatSync(path), undefined);
  return stat === undefined ? null : [stat.ino, stat.size, stat.mtimeMs, stat.ctimeMs].join(" ");
}
