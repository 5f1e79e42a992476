import type { Problem } from "../../model/errors.ts";
import type { TaskId } from "../../model/identity.ts";
import type { Task } from "../../model/task.ts";
import { publishDiskFault } from "../../store/disk-fault.ts";
import { othersInHome } from "../../store/home.ts";
import { writeNotices } from "../../store/notices.ts";
import { probeHome } from "../../store/probe.ts";
import { type Change, type Committed, type RecordMove, Writer } from "../../store/writer.ts";
import type { SupervisorContext } from "../context.ts";
import type { NotificationDispatcher } from "../notices/dispatcher.ts";
import { noticesFor } from "../notices/notices-for.ts";
import type { QueueState } from "../state/queue-state.ts";
import { Checkpoints } from "./checkpoints.ts";
import { HomeWatch } from "./home-watch.ts";

/** A home that refused a write is tried again this often. */
const PROBE_MS = 2_000;

/**
 * The supervisor's way to the disk. It owns the writer, the health of the home, and what readers are told of both.
 *
 * Order of effects of a commit: the writer puts all changes into the journal (from here on they outlive a power cut), writes the
 * records, the audit lines and the notices, then moves the files (see `store/writer.ts`). Only then does the queue in memory
 * change, and the dispatcher learns of the notices. A crash in between leaves records that say where they belong and notices
 * on the disk: recovery moves the files, and the next dispatcher delivers what it finds.
 *
 * Degraded means that the disk refused a write, or that others may write in the home. Then nothing new is started or taken in;
 * what runs goes on, and its results are kept in runs/ until the home is tried again with success.
 */
export class Committer implements Disposable {
  /** Null for a mere command, which leaves its notices to the next supervisor. */
  notifications: NotificationDispatcher | null = null;
  /** Why nothing can be written for now, and when to try again. */
  degraded: { readonly problem: Problem; readonly retryAwakeMs: number } | null = null;
  readonly #context: SupervisorContext;
  readonly #queue: QueueState;
  readonly #writer: Writer;
  readonly #checkpoints: Checkpoints;
  readonly #homeWatch: HomeWatch;
  #stuck: ReadonlyMap<string, string> = new Map();
  #shortage: string | null = null;

  constructor(context: SupervisorContext, queue: QueueState) {
    this.#context = context;
    this.#queue = queue;
    this.#writer = new Writer(context.layout, context.clock, (written) =>
      this.announce(written, () => [...queue.tasks.values()]),
    );
    this.#checkpoints = new Checkpoints(context.layout, this.#writer, context.clock.awakeMs());
    this.#homeWatch = new HomeWatch(context);
  }

  /** Writes changes and takes over what was written; gives what became of each, in their order. */
  commit(changes: readonly Change[]): Committed[] {
    if (changes.length === 0) return [];
    const committed = this.#writer.commit(changes);
    for (const { change, result } of committed) {
      if (result.ok) this.#queue.upsert(result.value);
      else if (result.error.type === "refused") this.enterDegraded(result.error.problem);
      else this.#recordGone(change);
    }
    const pending = this.#writer.flushPending();
    if (pending !== null) this.enterDegraded(pending);
    return committed;
  }

  /** An editor may have moved a queued record out of its way; any other that is gone was removed by hand. */
  #recordGone({ before }: Change): void {
    const id: TaskId = before.metadata.id;
    if (before.status.state === "queued") this.#queue.markUnreadable(id);
    else this.#queue.remove(id);
  }

  /** Puts the notices of what was written on the disk; `known` are all tasks that had not ended before. */
  announce(written: readonly RecordMove[], known: () => readonly Task[]): void {
    const { layout, notices: rules } = this.#context;
    const isComing = (batch: string | undefined): boolean => this.#queue.arrivals.isComing(batch);
    const notices = noticesFor(written, { layout, wishes: rules.on, known, isComing });
    writeNotices(layout, notices);
    this.notifications?.push(notices);
  }

  audit(...entries: Parameters<Writer["audit"]>): void {
    this.#writer.audit(...entries);
  }

  /** Begins a checkpoint where one is due; nothing waits for it. */
  checkpointIfDue(): void {
    this.#checkpoints.beginIfDue(this.#context.clock.awakeMs(), (line) => this.#context.log(line));
  }

  /** True where the disk takes writes and nobody else may write in the home. Tries a degraded home again once that is due. */
  ensureWritable(): boolean {
    const { clock, layout, log } = this.#context;
    if (this.degraded === null) {
      const unsafe = this.#homeWatch.look();
      if (unsafe !== null) this.enterDegraded(unsafe);
      return unsafe === null;
    }
    if (clock.awakeMs() < this.degraded.retryAwakeMs) return false;
    const refused = probeHome(layout) ?? othersInHome(layout) ?? this.#writer.flushPending();
    if (refused !== null) {
      this.enterDegraded(refused);
      return false;
    }
    this.degraded = null;
    this.#publishStatus();
    log("the home takes writes again: going on");
    return true;
  }

  /** Starts nothing new until the home takes writes again. */
  enterDegraded(problem: Problem): void {
    const isNew = this.degraded === null;
    this.degraded = { problem, retryAwakeMs: this.#context.clock.awakeMs() + PROBE_MS };
    if (!isNew) return;
    this.#context.log(`${problem.message}; nothing new is started until it works again`);
    this.#publishStatus();
  }

  /** Tells readers which accepted batches, and which tasks of others, cannot be taken in, and why. */
  publishStuck(stuck: ReadonlyMap<string, string>): void {
    this.#stuck = stuck;
    this.#publishStatus();
  }

  /** Tells readers why the system refuses starts; null where it does not. */
  publishShortage(message: string | null): void {
    if (message === this.#shortage) return;
    this.#shortage = message;
    this.#publishStatus();
  }

  #publishStatus(): void {
    const { layout, lock } = this.#context;
    const stuck = [...this.#stuck].map(([batch, message]) => ({ batch, message }));
    const message = this.degraded?.problem.message ?? this.#shortage ?? undefined;
    const told = { owner: lock.owner.token, ...(message !== undefined && { message }), stuck };
    publishDiskFault(layout, message === undefined && stuck.length === 0 ? null : told);
  }

  [Symbol.dispose](): void {
    this.#writer.close();
  }
}
