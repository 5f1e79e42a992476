import { timestamp } from "../../lib/clock.ts";
import { counted } from "../../lib/counted.ts";
import type { Result } from "../../lib/result.ts";
import { runSlice, type Steps } from "../../lib/steps.ts";
import { isPermanent, type Problem, problem } from "../../model/errors.ts";
import { firingBatch, type Schedule } from "../../model/schedule.ts";
import { commitStaged, droppingStaged, isCommitted } from "../../store/batch.ts";
import { tryFs } from "../../store/fs-errors.ts";
import { type OnBehalf, orderSetting } from "../admit/order.ts";
import { ReaderProcess } from "../reader-process.ts";
import type { Supervisor } from "../supervisor.ts";
import type {
  FireJob,
  ReadJob,
  ScheduleJob,
  ScheduleMessage,
  ScheduleOrder,
  StagedFiring,
} from "./stage-firings.ts";

/** Where no reader can begin, the next one is tried after this time. */
const RETRY_MS = 5_000;
/** What a reader ended at is tried once more: the system may have ended it, as where memory is short. */
const MAX_ENDS = 2;

/** The texts of one order: a few times the largest one. */
const MAX_ORDER_CHARACTERS = 16 * 1_024 * 1_024;

/** What becomes of the results of a reader. */
interface ReaderResults {
  readonly read: (job: ReadJob, read: Result<Schedule, string>) => void;
  /** True where the firing is still to be queued: the schedule is the same, and the firing is due. */
  readonly isDue: (job: FireJob, firing: StagedFiring) => boolean;
  /** Its tasks are committed, or the problem says why it queues nothing. */
  readonly fired: (job: FireJob, firing: StagedFiring, problem: Problem | null) => void;
}

/** A file to be read, or one firing. */
type Item =
  | { readonly job: ReadJob; readonly firing: null }
  | { readonly job: FireJob; readonly firing: StagedFiring };

/**
 * Has schedules read and their firings staged by a process beside the loop, which is for those that take long: a sweep of 90,000
 * members takes seconds to be read and seconds to be made tasks of. The loop only commits.
 *
 * Order of effects for a firing:
 *   1. The reader stages its tasks in tmp/ under a name of this try, with the note of the firing.
 *   2. One rename commits them into incoming/ under the name of the firing, unless that name is taken: then an earlier try was
 *      committed, and this one is dropped. From here on the firing counts as made.
 *   3. The publisher moves the records, then notes the firing in the schedule's sidecar, then removes the batch.
 * Invariant: a firing is committed by the supervisor alone, under one name, which is taken until the sidecar has the firing; so it
 * is never queued twice. A crash before 2 leaves a folder in tmp/ that counts for nothing, and the firing is due again; a crash
 * after 2 leaves a batch that recovery publishes and notes before the schedules are read.
 */
export class ScheduleReader implements Disposable {
  readonly #supervisor: Supervisor;
  readonly #onBehalf: OnBehalf;
  /** How often a reader ended at an item, by its name. */
  readonly #ends = new Map<string, number>();
  readonly #results: ReaderResults;
  #process: ReaderProcess<ScheduleMessage> | null = null;
  /** The work that has begun, and the names of the schedules in it. */
  #round: { readonly steps: Steps<void>; readonly names: ReadonlySet<string> } | null = null;

  constructor(supervisor: Supervisor, onBehalf: OnBehalf, results: ReaderResults) {
    this.#supervisor = supervisor;
    this.#onBehalf = onBehalf;
    this.#results = results;
  }

  get isBusy(): boolean {
    return this.#round !== null;
  }

  /** True for a schedule of which something is being done. */
  has(name: string): boolean {
    return this.#round?.names.has(name) === true;
  }

  /** Begins some of the jobs, in one process; what is left undone in the end is due again. */
  begin(wanted: readonly ScheduleJob[]): void {
    const jobs: ScheduleJob[] = [];
    let characters = 0;
    for (const job of wanted) {
      characters += job.text.length;
      if (jobs.length > 0 && characters > MAX_ORDER_CHARACTERS) break;
      jobs.push(job);
    }
    if (jobs.length === 0) return;
    this.#round = { steps: this.#run(jobs), names: new Set(jobs.map(({ name }) => name)) };
    this.runSlice();
  }

  /** Handles some of the results; true where more of them are here. */
  runSlice(): boolean {
    const round = this.#round;
    if (round === null) return false;
    // Cleared first: where a step throws, what is left is due again.
    this.#round = null;
    const progress = runSlice(round.steps, this.#supervisor.context.clock);
    if (!progress.isDone) this.#round = round;
    return !progress.isDone && !progress.isWaiting;
  }

  *#run(jobs: readonly ScheduleJob[]): Steps<void> {
    const { committer, context, nudge } = this.#supervisor;
    const { layout, clock, self, environment } = context;
    const begun = tryFs("read schedules in a process of its own", () => {
      const order: ScheduleOrder = {
        kind: "schedules",
        jobs,
        ...orderSetting(this.#supervisor, this.#onBehalf),
      };
      return new ReaderProcess<ScheduleMessage>(order, { layout, clock, self, environment, nudge });
    });
    if (!begun.ok) return committer.enterDegraded(begun.error);
    using reader = (this.#process = begun.value);
    const undone = yield* this.#hear(reader, jobs.flatMap(itemsOf));
    reader[Symbol.dispose]();
    for (const { firing } of undone) if (firing !== null) yield* droppingStaged(layout, firing.staged);
    const [first] = undone;
    if (first !== undefined && committer.degraded === null) yield* this.#blame(reader, first);
  }

  /** Handles the results as they come; returns the items that have none. */
  *#hear(reader: ReaderProcess<ScheduleMessage>, items: readonly Item[]): Steps<readonly Item[]> {
    let [heard, done] = [0, 0];
    for (;;) {
      // Asked first: once it is over, all its messages are here.
      const { isOver } = reader;
      for (; heard < reader.told.length; heard += 1) {
        const told = reader.told[heard];
        const item = items[done];
        if (told === undefined || told.type === "at" || item === undefined) continue;
        done += 1;
        this.#ends.delete(nameOf(item));
        if (told.type === "fired" && item.firing !== null) yield* this.#commit(item, told.problem);
        else if (told.type === "read" && item.firing === null) this.#results.read(item.job, told.read);
        if (this.#supervisor.committer.degraded !== null) return items.slice(done);
        yield;
      }
      if (isOver || done === items.length) return items.slice(done);
      yield "wait";
    }
  }

  /** Commits what was staged of a firing, or passes on why nothing was. */
  *#commit({ job, firing }: Extract<Item, { job: FireJob }>, refused: Problem | null): Steps<void> {
    const { committer, context } = this.#supervisor;
    const { layout } = context;
    if (refused !== null && !isPermanent(refused)) return committer.enterDegraded(refused);
    const batch = firingBatch({ uid: job.uid, firedFor: timestamp(firing.firedForMs) });
    const results = this.#results;
    const isDue = results.isDue(job, firing);
    if (isDue && isCommitted(layout, batch)) results.fired(job, firing, null);
    else if (isDue && refused !== null) results.fired(job, firing, refused);
    else if (isDue) {
      const committed = tryFs("queue the tasks", () => commitStaged(layout, batch, firing.staged));
      if (!committed.ok) committer.enterDegraded(committed.error);
      // Committed before the disk refused to sync it, the batch counts.
      if (committed.ok || isCommitted(layout, batch)) return results.fired(job, firing, null);
    }
    yield* droppingStaged(layout, firing.staged);
  }

  /** The reader ended at an item: what is in it is to blame, or the system. */
  *#blame(reader: ReaderProcess<ScheduleMessage>, item: Item): Steps<void> {
    const { clock, log } = this.#supervisor.context;
    const { job } = item;
    if (reader.told.length === 0) {
      log(`schedules wait: the process that reads them ${reader.end} before it began`);
      const untilMs = clock.awakeMs() + RETRY_MS;
      while (clock.awakeMs() < untilMs) yield "wait";
      return;
    }
    const times = (this.#ends.get(nameOf(item)) ?? 0) + 1;
    const why = `the process that read it ${reader.end}`;
    log(`${job.path}: ${why}`);
    this.#ends.set(nameOf(item), times);
    if (times < MAX_ENDS) return;
    this.#ends.delete(nameOf(item));
    const what = `${why}, ${counted(times, "time")}`;
    if (item.firing === null) return this.#results.read(item.job, { ok: false, error: what });
    const refused = problem("INVALID_TASK_FILE", `Cannot queue the schedule "${job.name}": ${what}`);
    this.#results.fired(item.job, item.firing, refused);
  }

  /** Ends the reader: what it has not staged yet is due again at the next start. */
  [Symbol.dispose](): void {
    this.#process?.[Symbol.dispose]();
  }
}

function itemsOf(job: ScheduleJob): Item[] {
  return job.type === "read" ? [{ job, firing: null }] : job.firings.map((firing) => ({ job, firing }));
}

function nameOf({ job, firing }: Item): string {
  return firing === null ? `${job.path} ${job.seen}` : `${job.path} ${firing.firedForMs}`;
}
