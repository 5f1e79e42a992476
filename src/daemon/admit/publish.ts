import { earliest } from "../../lib/earliest.ts";
import { failpoint } from "../../lib/failpoint.ts";
import { err, ok, type Result } from "../../lib/result.ts";
import { chunksOf, runSlice, type Steps, wholeOf } from "../../lib/steps.ts";
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

/** The wait between two slices of unfinished work, in which the event loop handles other events. */
export const GO_ON_MS = 1;
/** A record that cannot be read may be readable in a moment: after so many refusals, its retry is still intake, which a drain waits for. */
const BRIEF_REFUSALS = 2;
/** Records read in one step. */
const RECORDS_A_STEP = 32;
/** A batch and its remaining steps; null before the first one. */
type Batch = AcceptedBatch & { steps: Steps<void> | null };

/**
 * Moves accepted batches from incoming/ into pending/ and into memory, one slice each turn of the loop. It owns the batches being
 * published (the first, and a small one beside it, see `plan/intake-order.ts`) and retries what the file system refused.
 *
 * Order of effects for a batch: its members become awaited (requests for them wait); its records move into pending/ and its folder goes
 * (`store/batch.ts`); the records are read, queued in memory and audited; its members are no longer awaited.
 *
 * Invariants: nothing is published while the home is degraded. A record that reached pending/ is loaded even where the rest of its batch
 * was refused, since nothing else would read it before the next start. A record that cannot be read is retried, never dropped.
 *
 * A crash at any step leaves a batch partly in incoming/, partly in pending/. Recovery moves the rest (each move can be repeated) and
 * reads pending/; audit lines that are missing are written then.
 */
export class Publisher {
  readonly #supervisor: Supervisor;
  /** Unpublished batches by name, oldest first; null for one whose members were not listed yet. */
  readonly #batches = new Map<string, Batch | null>();
  /** The batch that is published beside the first one. */
  #beside: Batch | null = null;
  /** True where the choice of `#beside` may have changed. */
  #isChanged = false;
  /** Batches that the file system refused to move. */
  readonly #stuck = new Retries<string>();
  /** Tasks whose record could not be read or quarantined: in `pending/`, or in any folder at the start of this supervisor. */
  readonly #unread = new Retries<TaskId>();
  /** Why each of either is stuck, as published to readers of the home. */
  readonly #reasons = new Map<string, string>();
  #isReported = true;

  constructor(supervisor: Supervisor) {
    this.#supervisor = supervisor;
    for (const [id, why] of supervisor.queue.arrivals.unread) this.#postponeRecord(id, why);
  }

  /** Publishes one slice; returns in how many ms to go on, or null where nothing is left that can be published soon. */
  runSlice(): number | null {
    const { layout, clock, lock } = this.#supervisor.context;
    const incoming = incomingBatches(layout);
    for (const name of this.#stuck.keys) if (!incoming.includes(name)) this.#resolve(this.#stuck, name);
    for (const name of incoming) {
      if (!this.#batches.has(name) && this.#stuck.isDue(name, clock.awakeMs())) this.#batches.set(name, null);
    }
    const progress = runSlice(this.#publishAll(), clock);
    if (!progress.isDone) return GO_ON_MS;
    return lock.owner.role === "command" ? null : this.#unread.nextInMs(clock.awakeMs(), BRIEF_REFUSALS);
  }

  /** In how many ms the next stuck batch or record is retried; null where nothing is stuck. */
  get retryInMs(): number | null {
    const nowMs = this.#supervisor.context.clock.awakeMs();
    return earliest([this.#stuck.nextInMs(nowMs), this.#unread.nextInMs(nowMs)]);
  }

  /** All progress is kept in the fields: the generator may be dropped after any step. */
  *#publishAll(): Steps<void> {
    // Nothing is written while the disk refuses writes.
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
      this.#step(first);
      yield;
      if (this.#beside === null || this.#supervisor.committer.degraded !== null) continue;
      this.#step(this.#beside);
      yield;
    }
    if (this.#supervisor.committer.degraded === null) this.#retryUnread();
    this.#report();
  }

  #step(batch: Batch): void {
    batch.steps ??= this.#publish(batch);
    // Where a step throws, the batch is dropped here and begun again in a later turn.
    let isOver = true;
    try {
      isOver = batch.steps.next().done === true;
    } finally {
      if (isOver) {
        this.#batches.delete(batch.name);
        if (this.#beside === batch) this.#beside = null;
        this.#isChanged = true;
      }
    }
  }

  *#publish({ name, members }: Batch): Steps<void> {
    const { context, queue } = this.#supervisor;
    const { arrivals } = queue;
    const { layout, log } = context;
    const findings: QuarantineEntry[] = [];
    try {
      // A batch whose members could not be listed is not moved: nothing would load its records.
      const refused = members.ok
        ? yield* publishedBy(name, publishing(layout, name, findings))
        : members.error;
      failpoint("incoming:published");
      for (const { path, what } of findings) log(`${path}: ${what}`);
      // Also where the disk refused a part of the batch: nothing else loads what reached pending/.
      logQueued(this.#supervisor, members.ok ? yield* this.#load(name, members.value, refused === null) : []);
      if (refused === null) this.#resolve(this.#stuck, name);
      else this.#postponeBatch(name, refused);
    } finally {
      // In any case: requests wait for as long as a task is awaited.
      if (members.ok) arrivals.end(name, members.value);
    }
    this.#report();
  }

  /** Reads published records into the queue, and audits them; returns the tasks that were new. */
  *#load(acceptance: string, members: readonly TaskId[], isPublished: boolean): Steps<TaskId[]> {
    const supervisor = this.#supervisor;
    const parts = new RecordParts();
    const loaded: TaskId[] = [];
    for (const [index, ids] of [...chunksOf(members, RECORDS_A_STEP)].entries()) {
      if (index > 0) yield;
      const tasks = ids.map((id) => this.#read(id, { parts, isPublished })).filter((task) => task !== null);
      for (const task of tasks) {
        supervisor.queue.upsert(task);
        loaded.push(task.metadata.id);
      }
      supervisor.queue.arrivals.came(acceptance, ids, tasks);
      // Unsynced: lines lost in a power cut are written at the next start.
      supervisor.committer.audit(tasks.map(queuedNote), { isSynced: false });
    }
    return loaded;
  }

  /** The task of a record that is not in memory yet; null where there is none, or it is retried because it cannot be read now. */
  #read(id: TaskId, how: { readonly parts: RecordParts; readonly isPublished: boolean }): Task | null {
    const { tasks } = this.#supervisor.queue;
    const loaded = tasks.has(id) ? ok(null) : load(this.#supervisor, { id, ...how });
    if (loaded.ok) {
      this.#resolve(this.#unread, id);
      return loaded.value;
    }
    this.#postponeRecord(id, loaded.error.message);
    return null;
  }

  #retryUnread(): void {
    const { context, queue } = this.#supervisor;
    const { arrivals } = queue;
    const nowMs = context.clock.awakeMs();
    const due = this.#unread.keys.filter((id) => this.#unread.isDue(id, nowMs));
    this.#retryRecovery(due.filter((id) => arrivals.unread.has(id)));
    const accepted = due.filter((id) => this.#unread.isDue(id, nowMs) && this.#unread.has(id));
    // The others stay due.
    const some = accepted.slice(0, RECORDS_A_STEP);
    logQueued(this.#supervisor, wholeOf(this.#load("", some, false)));
    arrivals.end("", some);
  }

  /** Records that were unreadable at the start need recovery: they may be in the wrong folder, outdated, or of a running job. */
  #retryRecovery(ids: readonly TaskId[]): void {
    if (ids.length === 0) return;
    const { arrivals, tasks } = this.#supervisor.queue;
    takeUnread(this.#supervisor, new Set(ids));
    for (const id of ids) {
      const why = arrivals.unread.get(id);
      if (why === undefined) this.#resolve(this.#unread, id);
      else this.#postponeRecord(id, why);
    }
    logQueued(
      this.#supervisor,
      ids.filter((id) => tasks.get(id)?.status.state === "queued"),
    );
  }

  #postponeRecord(id: TaskId, why: string): void {
    const { clock, log } = this.#supervisor.context;
    if (this.#unread.postpone(id, clock.awakeMs()) === 1)
      log(`${id}: ${why}; retrying, with a growing delay`);
    this.#reasons.set(id, why);
    this.#isReported = false;
  }

  #resolve<Key extends string>(from: Retries<Key>, key: Key): void {
    from.forget(key);
    if (this.#reasons.delete(key)) this.#isReported = false;
  }

  /**
   * The first refusal may be a fault of the whole disk: the home becomes degraded. A batch that is refused again once the disk takes
   * writes is itself at fault, or its folder is: it is reported as stuck, and nothing else waits for it.
   */
  #postponeBatch(batch: string, refused: Problem): void {
    const { clock, log } = this.#supervisor.context;
    const times = this.#stuck.postpone(batch, clock.awakeMs());
    if (times === 1) return this.#supervisor.committer.enterDegraded(refused);
    if (times === 2) log(`${refused.message}; retrying, with a growing delay`);
    this.#reasons.set(batch, refused.message);
    this.#isReported = false;
  }

  /** Publishes all reasons in one write: there may be many. */
  #report(): void {
    if (this.#isReported) return;
    this.#isReported = true;
    this.#supervisor.committer.publishStuck(this.#reasons);
  }
}

/** Runs the steps that move a batch; returns what the file system refused, or null. */
function* publishedBy(batch: string, steps: Steps<unknown>): Steps<Problem | null> {
  for (;;) {
    const next = tryFs(`publish the batch "${batch}"`, () => steps.next());
    if (!next.ok) return next.error;
    if (next.value.done === true) return null;
    yield next.value.value;
  }
}

/** The task of a record in `pending/`; null where it holds no valid queued task, an error where reading it may succeed later. */
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
    const quarantined = tryFs(`put "${path}" aside, ${fault}`, () => quarantine(path, fault));
    if (!quarantined.ok) return quarantined;
    log(`${id}: ${quarantined.value.what}`);
  } else if (read.ok) return read;
  // A record that is missing because its move was refused is reported with its batch.
  else if (isPublished || read.error.type !== "missing")
    log(`${id}: left alone, its record is ${read.error.type}`);
  return ok(null);
}

/** Why a record cannot be that of a task that was just accepted, or null. */
function faultOf({ metadata, status }: Task, id: TaskId): string | null {
  if (metadata.id !== id) return `it says that it is ${metadata.id}`;
  return status.state === "queued" ? null : `it is ${status.state}, wanted a queued task`;
}

/** Of more tasks, the log has the number and the first and last id. */
const MAX_NAMES = 5;

function logQueued({ context: { log } }: Supervisor, ids: readonly TaskId[]): void {
  if (ids.length > 0) log(`queued ${names(ids)}`);
}

function names(ids: readonly TaskId[]): string {
  return ids.length <= MAX_NAMES ? ids.join(", ") : `${ids.length} tasks, ${ids[0]} to ${ids.at(-1)}`;
}
