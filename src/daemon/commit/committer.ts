import type { Problem } from "../../model/errors.ts";
import { ownEntries } from "../../model/feed.ts";
import type { TaskId } from "../../model/identity.ts";
import type { OpenGroupMark } from "../../model/open-group.ts";
import type { Task } from "../../model/task.ts";
import { publishDiskFault } from "../../store/disk-fault.ts";
import { noteDoneKeys } from "../../store/done-keys.ts";
import { Feeds } from "../../store/feed.ts";
import { tryFs } from "../../store/fs-errors.ts";
import { othersInHome } from "../../store/home.ts";
import { writeNotices } from "../../store/notices.ts";
import { probeHome } from "../../store/probe.ts";
import { type Change, type Committed, type RecordMove, Writer } from "../../store/writer.ts";
import type { SupervisorContext } from "../context.ts";
import type { NotificationDispatcher } from "../notices/dispatcher.ts";
import { groupEndNotices, holdNotices, noticesFor } from "../notices/notices-for.ts";
import type { QueueState } from "../state/queue-state.ts";
import { Checkpoints } from "./checkpoints.ts";

/** Whether other users may write in the home is checked at most this often; turns of the loop may be a few milliseconds apart. */
const CHECK_MS = 100;
/** A degraded home is probed this often. */
const PROBE_MS = 2_000;

/**
 * The only writer of records, notices and the audit log. It owns the writer, the health of the home, and the status of both for readers.
 *
 * Order of effects of a commit: the writer puts all changes into the journal (from here on they outlive a power cut), writes the
 * records, the audit lines and the notices, hands the notices to the dispatcher, and moves the files (see `store/writer.ts`). Only then
 * does the queue in memory change. A crash in between leaves records whose state says where they belong, and notices on the disk:
 * recovery moves the files, and the next dispatcher delivers the notices.
 *
 * Degraded means that the disk refused a write, or that other users may write in the home. Then no job is started and no task accepted;
 * running jobs go on, and their results stay in runs/ until a probe of the home succeeds.
 */
export class Committer implements Disposable {
  /** Null for a short command, which leaves its notices to the next supervisor. */
  notifications: NotificationDispatcher | null = null;
  /** Why nothing can be written now, and when the home is probed next. */
  degraded: { readonly problem: Problem; readonly retryAwakeMs: number } | null = null;
  readonly feeds: Feeds;
  readonly #context: SupervisorContext;
  readonly #queue: QueueState;
  readonly #writer: Writer;
  readonly #checkpoints: Checkpoints;
  #checkedAwakeMs = Number.NEGATIVE_INFINITY;
  #stuck: ReadonlyMap<string, string> = new Map();
  #shortage: string | null = null;

  constructor(context: SupervisorContext, queue: QueueState) {
    this.#context = context;
    this.#queue = queue;
    this.feeds = new Feeds(context.layout, () => context.clock.now());
    this.#writer = new Writer(context.layout, context.clock, (written) =>
      this.announce(written, () => [...queue.tasks.values()]),
    );
    this.#checkpoints = new Checkpoints(context.layout, this.#writer, context.clock.awakeMs());
  }

  /** Writes changes, and updates the queue with what was written; returns the result of each, in their order. */
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

  /** A queued record may be absent while an editor saves it; any other that is gone was removed by hand. */
  #recordGone({ before }: Change): void {
    const id: TaskId = before.metadata.id;
    if (before.status.state === "queued") this.#queue.markUnreadable(id);
    else this.#queue.remove(id);
  }

  /** Notes the keys of completed work, writes the notices of these moves and hands them to the dispatcher; `known` returns all tasks that were unfinished before. */
  announce(written: readonly RecordMove[], known: () => readonly Task[]): void {
    const { layout, config } = this.#context;
    const isComing = (batch: string | undefined): boolean => this.#queue.arrivals.isComing(batch);
    noteDoneKeys(
      layout,
      written.map(({ after }) => after),
    );
    const notices = noticesFor(written, { layout, receivers: config.notices.on, known, isComing });
    writeNotices(layout, notices);
    this.#feed(written);
    this.notifications?.push(notices);
  }

  /** The same of a sweep whose members are held, because of a member that failed. */
  announceHold(failed: Task, text: string): void {
    const { layout, config } = this.#context;
    const notices = holdNotices(failed, { text, layout, receivers: config.notices.on });
    const written = tryFs("write the notices of a hold", () => writeNotices(layout, notices));
    if (written.ok) this.notifications?.push(notices);
    else this.enterDegraded(written.error);
  }

  /** The same of a group that is closed, where all its tasks have ended. Throws what the disk refuses. */
  announceGroupEnd(group: OpenGroupMark): void {
    const { layout, config } = this.#context;
    const known = (): Task[] => [...this.#queue.tasks.values()];
    const notices = groupEndNotices(group, { layout, receivers: config.notices.on, known });
    writeNotices(layout, notices);
    this.notifications?.push(notices);
  }

  /** Tells the feeds of topics of what was written. */
  #feed(written: readonly RecordMove[]): void {
    const told = written.filter(({ after }) => after.spec.topic !== undefined);
    for (const [topic = "", moves] of Map.groupBy(told, ({ after }) => after.spec.topic))
      this.feeds.append(
        topic,
        moves.flatMap(({ before, after }) => ownEntries(before, after)),
      );
  }

  audit(...entries: Parameters<Writer["audit"]>): void {
    this.#writer.audit(...entries);
  }

  /** Begins a checkpoint where one is due, and does not wait for it. */
  checkpointIfDue(): void {
    this.#checkpoints.beginIfDue(this.#context.clock.awakeMs(), (line) => this.#context.log(line));
  }

  /** True where the disk accepts writes and no other user may write in the home. Probes a degraded home once that is due. */
  ensureWritable(): boolean {
    const { clock, layout, log } = this.#context;
    if (this.degraded === null) {
      if (clock.awakeMs() - this.#checkedAwakeMs < CHECK_MS) return true;
      this.#checkedAwakeMs = clock.awakeMs();
      const unsafe = othersInHome(layout);
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
    this.publishStatus();
    log("the home is writable again");
    return true;
  }

  /** Stops starts and intake until a probe of the home succeeds. */
  enterDegraded(problem: Problem): void {
    const isNew = this.degraded === null;
    this.degraded = { problem, retryAwakeMs: this.#context.clock.awakeMs() + PROBE_MS };
    if (!isNew) return;
    this.#context.log(`${problem.message}; no task starts until the home is writable again`);
    this.publishStatus();
  }

  /** Why accepted batches, by name, and tasks, by id, cannot be loaded or read. */
  get stuck(): ReadonlyMap<string, string> {
    const unreadable = [...this.#queue.unreadableRecords].flatMap(([id, { errno }]) =>
      errno === null ? [] : [[id, `Cannot read the record of "${id}": ${errno}`] as const],
    );
    return new Map<string, string>([...this.#stuck, ...unreadable]);
  }

  /** Publishes to readers which accepted batches and which records cannot be loaded, and why. */
  publishStuck(stuck: ReadonlyMap<string, string>): void {
    this.#stuck = stuck;
    this.publishStatus();
  }

  /** Publishes to readers why the system refuses to start jobs; null where it does not. */
  publishShortage(message: string | null): void {
    if (message === this.#shortage) return;
    this.#shortage = message;
    this.publishStatus();
  }

  /** Publishes to readers what keeps jobs from their start. */
  publishStatus(): void {
    const { layout, lock } = this.#context;
    const stuck = [...this.stuck].map(([batch, message]) => ({ batch, message }));
    const message = this.degraded?.problem.message ?? this.#shortage ?? undefined;
    const status = { owner: lock.owner.token, ...(message !== undefined && { message }), stuck };
    publishDiskFault(layout, message === undefined && stuck.length === 0 ? null : status);
  }

  [Symbol.dispose](): void {
    this.#writer.close();
  }
}
