import { failpoint } from "../lib/failpoint.ts";
import { goOn, partsOf, type Steps } from "../lib/steps.ts";
import type { AuditNote } from "../model/audit.ts";
import type { Problem } from "../model/errors.ts";
import type { TaskId } from "../model/identity.ts";
import type { Task } from "../model/task.ts";
import { batchMembers, incomingBatches, publishing } from "../store/batch.ts";
import { type Finding, quarantine } from "../store/quarantine.ts";
import { readRecordOf } from "../store/record.ts";
import { RecordParts } from "../store/record-parts.ts";
import { onDisk } from "../store/trouble.ts";
import type { Holder } from "./holder.ts";

/** Between two slices, so that whatever else happens is heard of. */
export const GO_ON_MS = 1;
/** So many records are read in a row. */
const RECORDS_A_STEP = 32;
/** A batch that cannot be taken in is tried again after this time, and after twice as long each time that it fails. */
const FIRST_RETRY_MS = 2_000;
const MAX_RETRY_MS = 60_000;

/** A batch that could not be taken in. */
interface Stuck {
  readonly waitMs: number;
  readonly againAwakeMs: number;
}

/** Takes accepted batches into `pending/` and into memory, a little each turn. */
export class Incoming {
  readonly #holder: Holder;
  readonly #stuck = new Map<string, Stuck>();
  #taking: Steps<void> | null = null;

  constructor(holder: Holder) {
    this.#holder = holder;
  }

  /** Goes on; gives when to do so again in ms, or null where nothing is on its way that could be had. */
  look(): number | null {
    const { clock } = this.#holder.options;
    this.#taking ??= this.#takeAll();
    const taking = this.#taking;
    // Where it throws, it begins anew.
    this.#taking = null;
    const progress = goOn(taking, clock);
    if (!progress.isDone) this.#taking = taking;
    return progress.isDone ? null : GO_ON_MS;
  }

  /** When a batch that could not be taken in is tried again, in ms; null where there is none. */
  get retryInMs(): number | null {
    if (this.#stuck.size === 0) return null;
    const firstMs = Math.min(...[...this.#stuck.values()].map(({ againAwakeMs }) => againAwakeMs));
    return Math.max(0, firstMs - this.#holder.options.clock.awakeMs());
  }

  *#takeAll(): Steps<void> {
    const { layout, clock } = this.#holder.options;
    const batches = incomingBatches(layout);
    for (const batch of this.#stuck.keys()) if (!batches.includes(batch)) this.#release(batch);
    for (const batch of batches) {
      if (clock.awakeMs() < (this.#stuck.get(batch)?.againAwakeMs ?? 0)) continue;
      yield* this.#take(batch);
      // Not on top of what the disk refused.
      if (this.#holder.trouble !== null) return;
    }
  }

  *#take(batch: string): Steps<void> {
    const { arrivals, options } = this.#holder;
    const { layout, say } = options;
    const findings: Finding[] = [];
    const members = onDisk("look into the batch", () => batchMembers(layout, batch));
    yield;
    if (members.ok) arrivals.expect(members.value);
    const refused = yield* publishedBy(batch, publishing(layout, batch, findings));
    failpoint("incoming:published");
    for (const { path, what } of findings) say(`${path}: ${what}`);
    // Also of a batch that the disk let go only in part: what is in pending/ comes by no other way into memory.
    const taken = members.ok ? yield* this.#load(members.value, refused === null) : [];
    arrivals.end();
    if (taken.length > 0) say(`queued ${names(taken)}`);
    if (refused === null) this.#release(batch);
    else this.#postpone(batch, refused);
  }

  /** Reads what was published, and tells of it. */
  *#load(members: readonly TaskId[], isPublished: boolean): Steps<TaskId[]> {
    const holder = this.#holder;
    const parts = new RecordParts();
    const taken: TaskId[] = [];
    for (const [index, ids] of [...partsOf(members, RECORDS_A_STEP)].entries()) {
      if (index > 0) yield;
      const arrived = ids.filter((id) => !holder.tasks.has(id));
      const tasks = arrived
        .map((id) => load(holder, { id, parts, isPublished }))
        .filter((task) => task !== null);
      for (const task of tasks) {
        holder.take(task);
        taken.push(task.metadata.id);
      }
      holder.arrivals.came(ids, tasks);
      // Lost in a power cut, they are told of at the next start.
      holder.note(tasks.map(queuedNote), { isSynced: false });
    }
    return taken;
  }

  #release(batch: string): void {
    if (this.#stuck.delete(batch)) this.#holder.tellStuck(batch, null);
  }

  /**
   * At first it is trouble with the disk, which all else waits for; a batch that cannot be taken in while the disk takes all else is
   * spoilt itself, or its place is.
   */
  #postpone(batch: string, refused: Problem): void {
    const { clock, say } = this.#holder.options;
    const before = this.#stuck.get(batch);
    const waitMs = before === undefined ? FIRST_RETRY_MS : Math.min(before.waitMs * 2, MAX_RETRY_MS);
    this.#stuck.set(batch, { waitMs, againAwakeMs: clock.awakeMs() + waitMs });
    if (before === undefined) return this.#holder.meet(refused);
    if (before.waitMs === FIRST_RETRY_MS) say(`${refused.message}; it is tried again now and then`);
    this.#holder.tellStuck(batch, refused.message);
  }
}

/** Does what a batch takes on the disk; gives what the system refused, or null. */
function* publishedBy(batch: string, steps: Steps<unknown>): Steps<Problem | null> {
  for (;;) {
    const next = onDisk(`publish the batch "${batch}"`, () => steps.next());
    if (!next.ok) return next.error;
    if (next.value.done === true) return null;
    yield next.value.value;
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
  {
    id,
    parts,
    isPublished,
  }: { readonly id: TaskId; readonly parts: RecordParts; readonly isPublished: boolean },
): Task | null {
  const path = holder.options.layout.record("pending", id);
  const { say } = holder.options;
  const read = readRecordOf(id, { path, parts });
  const fault = read.ok ? faultOf(read.value, id) : read.error.type === "corrupt" ? read.error.reason : null;
  if (fault !== null) say(`${id}: ${quarantine(path, fault).what}`);
  else if (read.ok) return read.value;
  // One that the disk did not let go is told of by the batch.
  else if (isPublished || read.error.type !== "missing")
    say(`${id}: left alone, its record is ${read.error.type}`);
  return null;
}

/** Why a record cannot be one that was just accepted, or null. */
function faultOf({ metadata, status }: Task, id: TaskId): string | null {
  if (metadata.id !== id) return `it says that it is ${metadata.id}`;
  return status.state === "queued" ? null : `it is ${status.state}, wanted a queued task`;
}

/** More than this many names say less than their number. */
const MAX_NAMES = 5;

function names(ids: readonly TaskId[]): string {
  return ids.length <= MAX_NAMES ? ids.join(", ") : `${ids.length} tasks, ${ids[0]} to ${ids.at(-1)}`;
}
