import { failpoint } from "../../lib/failpoint.ts";
import { err, ok, type Result } from "../../lib/result.ts";
import { partsOf, runSlice, type Steps, wholeOf } from "../../lib/steps.ts";
import type { Problem } from "../../model/errors.ts";
import type { TaskId } from "../../model/identity.ts";
import type { Task } from "../../model/task.ts";
import { firstBeside } from "../../plan/intake-order.ts";
import { incomingBatches, publishing } from "../../store/batch.ts";
import { problemFromErrno, tryFs } from "../../store/fs-errors.ts";
import { type QuarantineEntry, quarantine } from "../../store/quarantine.ts";
import { readRecordOf } from "../../store/record.ts";
import { RecordParts } from "../../store/record-parts.ts";
import { queuedNote } from "../queued-note.ts";
import type { Supervisor } from "../supervisor.ts";
import { takeUnread } from "../take-recovered.ts";
import { type AcceptedBatch, lookedInto } from "./accepted-batch.ts";
import { Retries } from "./retries.ts";

/** Between two slices, so that whatever else happens is heard of. */
export const GO_ON_MS = 1;
/** So many records are read in a row. */
const RECORDS_A_STEP = 32;
/** A batch, and how far it is; null before it is begun. */
type Batch = AcceptedBatch & { steps: Steps<void> | null };

/** Takes accepted batches into `pending/` and into memory, a little each turn, in the order of `plan/intake-order.ts`. */
export class Publisher {
  readonly #supervisor: Supervisor;
  /** Those that are not in yet, by their names, the first one first; null for one that was not looked into. */
  readonly #batches = new Map<string, Batch | null>();
  /** What is taken in beside the first. */
  #beside: Batch | null = null;
  /** True where another one may be taken in beside the first than before. */
  #isChanged = false;
  /** Batches that could not be taken in. */
  readonly #stuck = new Retries<string>();
  /** Tasks whose record could not be read or put aside: in `pending/`, or wherever this holder found them when it began. */
  readonly #unread = new Retries<TaskId>();
  /** What readers are told of either. */
  readonly #told = new Map<string, string>();
  #isTold = true;

  constructor(supervisor: Supervisor) {
    this.#supervisor = supervisor;
    for (const [id, why] of supervisor.queue.arrivals.unread) this.#putOff(id, why);
  }

  /** Goes on; gives when to do so again in ms, or null where nothing is on its way that could be had. */
  runSlice(): number | null {
    const { layout, clock } = this.#supervisor.context;
    const there = incomingBatches(layout);
    for (const name of this.#stuck.keys) if (!there.includes(name)) this.#release(this.#stuck, name);
    for (const name of there) {
      if (!this.#batches.has(name) && this.#stuck.isDue(name, clock.awakeMs())) this.#batches.set(name, null);
    }
    const progress = runSlice(this.#takingIn(), clock);
    return progress.isDone ? null : GO_ON_MS;
  }

  /** When what could not be taken in is tried again, in ms; null where there is nothing. */
  get retryInMs(): number | null {
    const nowMs = this.#supervisor.context.clock.awakeMs();
    const waits = [this.#stuck.nextInMs(nowMs), this.#unread.nextInMs(nowMs)].filter((ms) => ms !== null);
    return waits.length === 0 ? null : Math.min(...waits);
  }

  /** What stands between two steps is in the object: it can be left after any of them. */
  *#takingIn(): Steps<void> {
    // Not on top of what the disk refused.
    while (this.#supervisor.committer.degraded === null && this.#batches.size > 0) {
      for (const [name, known] of this.#batches) {
        if (known !== null) continue;
        this.#batches.set(name, {
          ...lookedInto(this.#supervisor, name, this.#batches.size > 1),
          steps: null,
        });
        this.#isChanged = true;
        yield;
      }
      const batches = [...this.#batches.values()].filter((batch) => batch !== null);
      const [first] = batches;
      if (first === undefined) return;
      if (this.#isChanged && this.#beside === null) {
        const { arrivals } = this.#supervisor.queue;
        this.#beside = firstBeside(batches, (id) => arrivals.isAwaited(id));
        this.#isChanged = false;
      }
      this.#goOnWith(first);
      yield;
      if (this.#beside === null || this.#supervisor.committer.degraded !== null) continue;
      this.#goOnWith(this.#beside);
      yield;
    }
    if (this.#supervisor.committer.degraded === null) this.#takeAllUnread();
    this.#tell();
  }

  #goOnWith(batch: Batch): void {
    batch.steps ??= this.#take(batch);
    let isOver = true;
    try {
      isOver = batch.steps.next().done === true;
    } finally {
      // Where it throws, it begins again.
      if (isOver) {
        this.#batches.delete(batch.name);
        if (this.#beside === batch) this.#beside = null;
        this.#isChanged = true;
      }
    }
  }

  *#take({ name, members }: Batch): Steps<void> {
    const { context, queue } = this.#supervisor;
    const { arrivals } = queue;
    const { layout, log } = context;
    const findings: QuarantineEntry[] = [];
    try {
      // What is not known by name must not come into pending/, where nobody would look for it.
      const refused = members.ok
        ? yield* publishedBy(name, publishing(layout, name, findings))
        : members.error;
      failpoint("incoming:published");
      for (const { path, what } of findings) log(`${path}: ${what}`);
      // Also of a batch that the disk let go only in part: what is in pending/ comes by no other way into memory.
      tellQueued(
        this.#supervisor,
        members.ok ? yield* this.#load(name, members.value, refused === null) : [],
      );
      if (refused === null) this.#release(this.#stuck, name);
      else this.#postpone(name, refused);
    } finally {
      // Requests wait for what is awaited.
      if (members.ok) arrivals.end(name, members.value);
    }
    this.#tell();
  }

  /** Reads what was published, and tells of it. */
  *#load(acceptance: string, members: readonly TaskId[], isPublished: boolean): Steps<TaskId[]> {
    const supervisor = this.#supervisor;
    const parts = new RecordParts();
    const taken: TaskId[] = [];
    for (const [index, ids] of [...partsOf(members, RECORDS_A_STEP)].entries()) {
      if (index > 0) yield;
      const tasks = ids.map((id) => this.#read(id, { parts, isPublished })).filter((task) => task !== null);
      for (const task of tasks) {
        supervisor.queue.upsert(task);
        taken.push(task.metadata.id);
      }
      supervisor.queue.arrivals.came(acceptance, ids, tasks);
      // Lost in a power cut, they are told of at the next start.
      supervisor.committer.audit(tasks.map(queuedNote), { isSynced: false });
    }
    return taken;
  }

  /** The task of a record, where it is new and can be had; one that the system does not let go for now is tried again. */
  #read(id: TaskId, how: { readonly parts: RecordParts; readonly isPublished: boolean }): Task | null {
    const { tasks } = this.#supervisor.queue;
    const loaded = tasks.has(id) ? ok(null) : load(this.#supervisor, { id, ...how });
    if (loaded.ok) {
      this.#release(this.#unread, id);
      return loaded.value;
    }
    this.#putOff(id, loaded.error.message);
    return null;
  }

  #takeAllUnread(): void {
    const { context, queue } = this.#supervisor;
    const { arrivals } = queue;
    const nowMs = context.clock.awakeMs();
    const due = this.#unread.keys.filter((id) => this.#unread.isDue(id, nowMs));
    this.#takeUnread(due.filter((id) => arrivals.unread.has(id)));
    const accepted = due.filter((id) => this.#unread.isDue(id, nowMs) && this.#unread.has(id));
    // Of more, the others are due still.
    const some = accepted.slice(0, RECORDS_A_STEP);
    tellQueued(this.#supervisor, wholeOf(this.#load("", some, false)));
    arrivals.end("", some);
  }

  /** What was there when this holder began may be anything: in the wrong folder, older than the journal, of a job that runs. */
  #takeUnread(ids: readonly TaskId[]): void {
    if (ids.length === 0) return;
    const { arrivals, tasks } = this.#supervisor.queue;
    takeUnread(this.#supervisor, new Set(ids));
    for (const id of ids) {
      const why = arrivals.unread.get(id);
      if (why === undefined) this.#release(this.#unread, id);
      else this.#putOff(id, why);
    }
    tellQueued(
      this.#supervisor,
      ids.filter((id) => tasks.get(id)?.status.state === "queued"),
    );
  }

  #putOff(id: TaskId, why: string): void {
    const { clock, log } = this.#supervisor.context;
    if (this.#unread.postpone(id, clock.awakeMs()) === 1)
      log(`${id}: ${why}; it is tried again now and then`);
    this.#told.set(id, why);
    this.#isTold = false;
  }

  #release<Key extends string>(from: Retries<Key>, key: Key): void {
    from.forget(key);
    if (this.#told.delete(key)) this.#isTold = false;
  }

  /**
   * At first it is trouble with the disk, which all else waits for; a batch that cannot be taken in while the disk takes all else is
   * spoilt itself, or its place is.
   */
  #postpone(batch: string, refused: Problem): void {
    const { clock, log } = this.#supervisor.context;
    const times = this.#stuck.postpone(batch, clock.awakeMs());
    if (times === 1) return this.#supervisor.committer.enterDegraded(refused);
    if (times === 2) log(`${refused.message}; it is tried again now and then`);
    this.#told.set(batch, refused.message);
    this.#isTold = false;
  }

  /** Once for all that a look found: there may be many. */
  #tell(): void {
    if (this.#isTold) return;
    this.#isTold = true;
    this.#supervisor.committer.publishStuck(this.#told);
  }
}

/** Does what a batch takes on the disk; gives what the system refused, or null. */
function* publishedBy(batch: string, steps: Steps<unknown>): Steps<Problem | null> {
  for (;;) {
    const next = tryFs(`publish the batch "${batch}"`, () => steps.next());
    if (!next.ok) return next.error;
    if (next.value.done === true) return null;
    yield next.value.value;
  }
}

/** The task of a record in `pending/`; null where there is none to be had, an error where the system refuses for now. */
function load(
  supervisor: Supervisor,
  {
    id,
    parts,
    isPublished,
  }: { readonly id: TaskId; readonly parts: RecordParts; readonly isPublished: boolean },
): Result<Task | null, Problem> {
  const path = supervisor.context.layout.record("pending", id);
  const { log } = supervisor.context;
  const read = readRecordOf(id, { path, parts });
  if (!read.ok && read.error.type === "unreadable") {
    const { errno } = read.error;
    return err(problemFromErrno(errno, "read the record of an accepted task", `${errno}, ${path}`));
  }
  const fault = read.ok ? faultOf(read.value, id) : read.error.type === "corrupt" ? read.error.reason : null;
  if (fault !== null) {
    const aside = tryFs(`put "${path}" aside, ${fault}`, () => quarantine(path, fault));
    if (!aside.ok) return aside;
    log(`${id}: ${aside.value.what}`);
  } else if (read.ok) return read;
  // One that the disk did not let go is told of by the batch.
  else if (isPublished || read.error.type !== "missing")
    log(`${id}: left alone, its record is ${read.error.type}`);
  return ok(null);
}

/** Why a record cannot be one that was just accepted, or null. */
function faultOf({ metadata, status }: Task, id: TaskId): string | null {
  if (metadata.id !== id) return `it says that it is ${metadata.id}`;
  return status.state === "queued" ? null : `it is ${status.state}, wanted a queued task`;
}

/** More than this many names say less than their number. */
const MAX_NAMES = 5;

function tellQueued({ context: { log } }: Supervisor, taken: readonly TaskId[]): void {
  if (taken.length > 0) log(`queued ${names(taken)}`);
}

function names(ids: readonly TaskId[]): string {
  return ids.length <= MAX_NAMES ? ids.join(", ") : `${ids.length} tasks, ${ids[0]} to ${ids.at(-1)}`;
}
