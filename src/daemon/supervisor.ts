import type { Clock } from "../lib/clock.ts";
import { bootId } from "../lib/host.ts";
import { ProcessWatch } from "../lib/process-watch.ts";
import type { Random } from "../lib/random.ts";
import type { LimitBackend } from "../machine/limit-backend.ts";
import type { Problem } from "../model/errors.ts";
import type { TaskId } from "../model/identity.ts";
import type { NoticeRules } from "../model/notice.ts";
import { isTerminal } from "../model/state.ts";
import type { Task } from "../model/task.ts";
import type { Machine, PlanInput, SchedulingConfig } from "../plan/input.ts";
import type { Queue } from "../plan/queue.ts";
import { ProcessTracker } from "../run/process-tracker.ts";
import { publishDiskFault } from "../store/disk-fault.ts";
import { othersInHome } from "../store/home.ts";
import type { Layout } from "../store/layout.ts";
import type { HeldLock } from "../store/lock.ts";
import { writeNotices } from "../store/notices.ts";
import { probeHome } from "../store/probe.ts";
import { type Change, type RecordMove, Writer, type Written } from "../store/writer.ts";
import { Arrivals } from "./admit/arrivals.ts";
import { Checkpoints } from "./commit/checkpoints.ts";
import { HomeWatch } from "./commit/home-watch.ts";
import { ConditionsWatch } from "./conditions.ts";
import type { DevicePool } from "./devices/device-pool.ts";
import type { Job } from "./jobs/job.ts";
import type { StartShortage } from "./jobs/start-shortage.ts";
import type { NotificationDispatcher } from "./notices/dispatcher.ts";
import { noticesFor } from "./notices/notices-for.ts";
import { DependencyCache } from "./state/dependency-cache.ts";
import { QueuedTasks } from "./state/queued-tasks.ts";
import { TaskList } from "./state/task-list.ts";

/** What every part of the supervisor works with and nothing of it decides. */
export interface SupervisorContext {
  readonly layout: Layout;
  readonly lock: HeldLock;
  readonly clock: Clock;
  readonly random: Random;
  readonly scheduling: SchedulingConfig;
  /** By which it holds jobs to their limits; probed once, when it is first asked for. */
  readonly limitBackend: () => LimitBackend;
  /** The system's name of the user, for records and the audit log. */
  readonly actor: string;
  /** Path of this executable, which also interprets bun scripts. */
  readonly self: string;
  /** What a job inherits where no submitter's environment was captured. */
  readonly environment: Readonly<Record<string, string>>;
  /** Which queued tasks this holder may start; null for all. */
  readonly mayClaim: ((task: Task) => boolean) | null;
  /** Who is told of what, by config.yaml. */
  readonly notices: NoticeRules;
  /** Told how far a look at all that has ended is. */
  readonly onProgress?: (count: number, all: number) => void;
  /** Tells people what happens, a line at a time. */
  readonly log: (line: string) => void;
}

/** How a holder that was asked to leave does so. */
export type Leaving = "leave" | "drain" | "stop" | "handOver";
const NO_DEVICES = { devices: [], isProbed: false, elsewhere: [], awaitingProbe: new Set<string>() };
/** A full disk is tried again this often. */
const PROBE_MS = 2_000;

/** The process that holds the home's lock: the only writer, with the truth of pending/ and running/ in memory. */
export class Supervisor {
  readonly context: SupervisorContext;
  readonly bootId = bootId();
  readonly jobs = new Map<TaskId, Job>();
  readonly processes = new ProcessTracker();
  /** Of the processes that lead jobs and are not our children. */
  readonly leaders = new ProcessWatch();
  /** Null for a mere command, which starts nothing. */
  devices: DevicePool | null = null;
  /** Null for a mere command, which leaves news to the next supervisor. */
  notifications: NotificationDispatcher | null = null;
  leaving: Leaving | null = null;
  /** Tasks (by uid) that others asked this holder to start beside its own. */
  readonly delegatedUids = new Set<string>();
  /** What was lost and queued again since this holder began. */
  readonly requeued: { readonly id: TaskId; readonly claimedAtMs: number }[] = [];
  readonly arrivals = new Arrivals();
  /** Queued tasks whose records are none for the moment, and since when, as `Clock.awakeMs`; see `markUnreadable`. */
  readonly unreadableRecords = new Map<TaskId, number>();
  /** Active tasks whose runs could not be looked at when they were to be taken over; see `adoptLeft`. */
  readonly unadopted = new Set<TaskId>();
  /** Counts what was taken into memory and forgotten: where it stands still, nothing new waits for anything. */
  revision = 0;
  /** Nothing is started before, as `Clock.awakeMs`. */
  dispatchPausedUntilMs = 0;
  /** Why nothing can be written for now, and when to try again. */
  degraded: { readonly problem: Problem; readonly retryAwakeMs: number } | null = null;
  #stuck: ReadonlyMap<string, string> = new Map();
  shortage: StartShortage | null = null;
  readonly #tasks = new Map<TaskId, Task>();
  readonly #queued = new QueuedTasks();
  readonly #active = new TaskList();
  readonly #writer: Writer;
  readonly #checkpoints: Checkpoints;
  readonly #relatives: DependencyCache;
  readonly #conditions: ConditionsWatch;
  readonly #homeWatch: HomeWatch;
  #wake: () => void = () => {};
  #isNudged = false;

  constructor(options: SupervisorContext) {
    this.context = options;
    this.#writer = new Writer(options.layout, options.clock, (written) =>
      this.announce(written, () => [...this.tasks.values()]),
    );
    this.#checkpoints = new Checkpoints(options.layout, this.#writer, options.clock.awakeMs());
    this.#relatives = new DependencyCache(options.layout);
    this.#homeWatch = new HomeWatch(options);
    this.#conditions = new ConditionsWatch(options.scheduling.work, { clock: options.clock });
  }

  /** Writes changes and takes over what was written; see `Writer.commit`. */
  commit(changes: readonly Change[]): Written[] {
    if (changes.length === 0) return [];
    const written = this.#writer.commit(changes);
    for (const [index, result] of written.entries()) {
      const id = changes[index]?.after.metadata.id;
      if (result.ok) this.upsert(result.value);
      else if (result.error.code === "NOT_FOUND" && id !== undefined) {
        if (changes[index]?.before.status.state === "queued") this.markUnreadable(id);
        else this.remove(id);
      } else this.enterDegraded(result.error);
    }
    const owed = this.#writer.flushPending();
    if (owed !== null) this.enterDegraded(owed);
    return written;
  }

  /** Puts the news of what was written on the disk; `known` are all tasks that had not ended before. */
  announce(written: readonly RecordMove[], known: () => readonly Task[]): void {
    const { layout, notices: rules } = this.context;
    const isComing = (batch: string | undefined): boolean => this.arrivals.isComing(batch);
    const notices = noticesFor(written, { layout, wishes: rules.on, known, isComing });
    writeNotices(layout, notices);
    this.notifications?.push(notices);
  }

  /** Now and then: what the journal stands in for is put on the disk, beside the work. */
  checkpointIfDue(): void {
    this.#checkpoints.beginIfDue(this.context.clock.awakeMs(), (line) => this.context.log(line));
  }

  audit(...notes: Parameters<Writer["audit"]>): void {
    this.#writer.audit(...notes);
  }

  /** Every task that has not ended, as it stands on disk. */
  get tasks(): ReadonlyMap<TaskId, Task> {
    return this.#tasks;
  }

  /** Keeps a task in memory as it stands on disk; an ended one is of no more concern. */
  upsert(task: Task): void {
    this.remove(task.metadata.id);
    this.#relatives.upsert(task);
    if (isTerminal(task.status.state)) return;
    this.#tasks.set(task.metadata.id, task);
    this.#listOf(task).put(task);
  }

  /** A task whose record is not there any more, or is no record of it. */
  remove(id: TaskId): void {
    this.revision += 1;
    this.unreadableRecords.delete(id);
    this.#relatives.remove(id);
    const known = this.#tasks.get(id);
    if (known === undefined) return;
    this.#tasks.delete(id);
    this.#listOf(known).drop(known);
  }

  /** The record of a queued task is none just now: it is not started, and looked at again; see `hand-edit.ts`. */
  markUnreadable(id: TaskId): void {
    if (this.unreadableRecords.has(id)) return;
    this.unreadableRecords.set(id, this.context.clock.awakeMs());
    this.context.log(`${id}: its record in pending/ is none just now, waits for whoever edits it`);
  }

  #listOf({ status }: Task): TaskList | QueuedTasks {
    return status.state === "queued" ? this.#queued : this.#active;
  }

  /** In the order of their numbers, as `active` too. */
  get queued(): readonly Task[] {
    return this.#queued.tasks;
  }

  /** True for a queued task that this holder may start; null where it may start all of them. */
  get mayClaim(): ((task: Task) => boolean) | null {
    const { delegatedUids, unreadableRecords } = this;
    const { mayClaim } = this.context;
    if (mayClaim === null && unreadableRecords.size === 0) return null;
    return (task) =>
      !unreadableRecords.has(task.metadata.id) &&
      (mayClaim === null || mayClaim(task) || delegatedUids.has(task.metadata.uid));
  }

  get active(): readonly Task[] {
    return this.#active.tasks;
  }

  /** What there is to give, as far as it was last looked at. */
  get machine(): Machine {
    const conditions = this.#conditions.view(this.#queued.size > 0);
    return { ...this.context.scheduling, conditions, ...(this.devices?.view ?? NO_DEVICES) };
  }

  /** What a decision on the queue looks at. */
  get planInput(): PlanInput {
    return { ...this.planInputAt(this.context.clock.now(), this.machine), queued: this.queued };
  }

  /** The same for a time and a machine that were looked at already, with the queue told apart; good until it changes. */
  planInputAt(nowMs: number, machine: Machine): Omit<PlanInput, "queued"> & { readonly queue: Queue } {
    const { active } = this;
    return { nowMs, queue: this.#queued.queue, active, machine, ...this.#relatives.statesFor(this.tasks) };
  }

  /** Something happened: the loop looks at once. Callbacks do this and nothing else. */
  nudge = (): void => {
    this.#isNudged = true;
    this.#wake();
  };

  /** Waits for a nudge, at most so long. */
  async waitForWakeup(ms: number): Promise<void> {
    if (!this.#isNudged && ms > 0) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#wake = resolve;
      const timer = setTimeout(resolve, ms);
      const stopWatching = this.leaders.tell(resolve);
      await promise;
      clearTimeout(timer);
      stopWatching();
    }
    this.#isNudged = false;
  }

  /**
   * True while there is nothing to complain of: the disk takes writes, and nobody else may write in the home. Tries the disk again after
   * it refused a write.
   */
  ensureWritable(): boolean {
    const { clock, layout, log } = this.context;
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
    this.publishStatus();
    log("the home takes writes again, going on");
    return true;
  }

  close(): void {
    this.leaders[Symbol.dispose]();
    this.#writer.close();
  }

  /** The disk refused a write: nothing new is started until it takes one again. */
  enterDegraded(problem: Problem): void {
    const isNew = this.degraded === null;
    this.degraded = { problem, retryAwakeMs: this.context.clock.awakeMs() + PROBE_MS };
    if (isNew) this.context.log(`${problem.message}; nothing new is started until it works again`);
    if (isNew) this.publishStatus();
  }

  /** Tells readers which accepted batches, and which tasks of others, are not taken in, and why. */
  publishStuck(stuck: ReadonlyMap<string, string>): void {
    this.#stuck = stuck;
    this.publishStatus();
  }

  /** Why nothing new is started, and what is not taken in; nothing once all is well. */
  publishStatus(): void {
    const { layout, lock } = this.context;
    const stuck = [...this.#stuck].map(([batch, message]) => ({ batch, message }));
    const message = this.degraded?.problem.message ?? this.shortage?.message;
    const told = { owner: lock.owner.token, ...(message !== undefined && { message }), stuck };
    publishDiskFault(layout, message === undefined && stuck.length === 0 ? null : told);
  }
}
