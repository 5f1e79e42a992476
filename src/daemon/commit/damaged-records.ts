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

/** Records that are read in one turn of the loop: some ten ms. */
const READ_AT_ONCE = 200;

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

  /**
   * Looks at the records of all running jobs; only files that have changed are read, at most `most`. Returns null, as a chore
   * without a time of its own; throws what the disk refuses.
   */
  repair(most = READ_AT_ONCE): null {
    const { committer, context, queue } = this.#records;
    if (committer.degraded !== null) return null;
    const whole = new Map<TaskId, string>();
    let reads = 0;
    for (const task of queue.active) {
      const { id } = task.metadata;
      const path = context.layout.record("running", id);
      const print = printOf(path);
      if (print === null) continue;
      if (print !== this.#whole.get(id)) {
        reads += 1;
        // The others are read next time.
        if (reads > most || !this.#isWhole(task, path)) continue;
      }
      whole.set(id, print);
    }
    this.#whole = whole;
    return null;
  }

  /** False where the record was written again, or is to be looked at again. */
  #isWhole(task: Task, path: string): boolean {
    const { context, committer } = this.#records;
    const { id, uid } = task.metadata;
    if (isAsWritten(path, task)) return true;
    const read = readRecord(path);
    const reason = read.ok
      ? read.value.metadata.uid !== uid && "it is the record of another task"
      : read.error.type === "corrupt" && read.error.reason;
    if (reason === false) return false;
    const { path: aside, what } = quarantineReplaced(path, reason);
    replaceSynced(path, recordText(task), context.layout.tmp);
    const detail = `${aside}: ${what}`;
    committer.audit([{ event: "quarantined", actor: context.actor, detail }]);
    context.log(`${id}: its record was damaged, and was written again; ${detail}`);
    return false;
  }
}

function printOf(path: string): string | null {
  const stat = unlessRefused(() => lstatSync(path), undefined);
  return stat === undefined ? null : [stat.ino, stat.size, stat.mtimeMs, stat.ctimeMs].join(" ");
}
