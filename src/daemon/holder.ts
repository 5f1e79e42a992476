import type { Clock } from "../lib/clock.ts";
import { bootId } from "../lib/host.ts";
import { ProcessWatch } from "../lib/process-watch.ts";
import type { Random } from "../lib/random.ts";
import type { Means } from "../machine/means.ts";
import type { Problem } from "../model/errors.ts";
import type { TaskId } from "../model/identity.ts";
import type { NoticeRules } from "../model/notice.ts";
import { isTerminal } from "../model/state.ts";
import type { Task } from "../model/task.ts";
import type { Queue } from "../plan/queue.ts";
import type { Machine, Surroundings, Terms } from "../plan/snapshot.ts";
import { Census } from "../run/census.ts";
import { othersInHome } from "../store/home.ts";
import type { Layout } from "../store/layout.ts";
import type { HeldLock } from "../store/lock.ts";
import { writeNotices } from "../store/notices.ts";
import { noteObstacle } from "../store/obstacle.ts";
import { probeHome } from "../store/probe.ts";
import { type Change, type Step, Writer, type Written } from "../store/writer.ts";
import { Arrivals } from "./arrivals.ts";
import { Checkpoints } from "./checkpoints.ts";
import { ConditionsWatch } from "./conditions.ts";
import type { DevicePool } from "./device-pool.ts";
import { HomeWatch } from "./home-watch.ts";
import type { Job } from "./job.ts";
import type { Courier } from "./notices/courier.ts";
import { newsOf } from "./notices/news.ts";
import { QueuedTasks } from "./queued-tasks.ts";
import { Relatives } from "./relatives.ts";
import type { Shortage } from "./shortage.ts";
import { TaskList } from "./task-list.ts";

/** What every part of the supervisor works with and nothing of it decides. */
export interface HolderOptions {
  readonly layout: Layout;
  readonly lock: HeldLock;
  readonly clock: Clock;
  readonly random: Random;
  readonly terms: Terms;
  /** By which it holds jobs to their limits; probed once, when it is first asked for. */
  readonly means: () => Means;
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
  readonly say: (line: string) => void;
}

/** How a holder that was asked to leave does so. */
export type Leaving = "leave" | "drain" | "stop" | "handOver";
const NO_DEVICES = { devices: [], isProbed: false, elsewhere: [], settling: new Set<string>() };
/** A full disk is tried again this often. */
const PROBE_MS = 2_000;

/** The process that holds the home's lock: the only writer, with the truth of pending/ and running/ in memory. */
export class Holder {
  readonly options: HolderOptions;
  readonly bootId = bootId();
  readonly jobs = new Map<TaskId, Job>();
  readonly census = new Census();
  /** Of the processes that lead jobs and are not our children. */
  readonly leaders = new ProcessWatch();
  /** Null for a mere command, which starts nothing. */
  devices: DevicePool | null = null;
  /** Null for a mere command, which leaves news to the next supervisor. */
  courier: Courier | null = null;
  leaving: Leaving | null = null;
  /** Tasks (by uid) that others asked this holder to start beside its own. */
  readonly served = new Set<string>();
  /** What was lost and queued again since this holder began. */
  readonly requeued: { readonly id: TaskId; readonly claimedAtMs: number }[] = [];
  readonly arrivals = new Arrivals();
  /** Queued tasks whose records are none for the moment, and since when, as `Clock.awakeMs`; see `doubt`. */
  readonly unsettled = new Map<TaskId, number>();
  /** Active tasks whose runs could not be looked at when they were to be taken over; see `adoptLeft`. */
  readonly leftAlone = new Set<TaskId>();
  /** Counts what was taken into memory and forgotten: where it stands still, nothing new waits for anything. */
  taken = 0;
  /** Nothing is started before, as `Clock.awakeMs`. */
  calmUntilAwakeMs = 0;
  /** Why nothing can be written for now, and when to try again. */
  trouble: { readonly problem: Problem; readonly retryAwakeMs: number } | null = null;
  #stuck: ReadonlyMap<string, string> = new Map();
  shortage: Shortage | null = null;
  readonly #tasks = new Map<TaskId, Task>();
  readonly #queued = new QueuedTasks();
  readonly #active = new TaskList();
  readonly #writer: Writer;
  readonly #checkpoints: Checkpoints;
  readonly #relatives: Relatives;
  readonly #conditions: ConditionsWatch;
  readonly #homeWatch: HomeWatch;
  #wake: () => void = () => {};
  #isNudged = false;

  constructor(options: HolderOptions) {
    this.options = options;
    this.#writer = new Writer(options.layout, options.clock, (written) =>
      this.announce(written, () => [...this.tasks.values()]),
    );
    this.#checkpoints = new Checkpoints(options.layout, this.#writer, options.clock.awakeMs());
    this.#relatives = new Relatives(options.layout);
    this.#homeWatch = new HomeWatch(options);
    this.#conditions = new ConditionsWatch(options.terms.work, { clock: options.clock });
  }

  /** Writes changes and takes over what was written; see `Writer.commit`. */
  commit(changes: readonly Change[]): Written[] {
    if (changes.length === 0) return [];
    const written = this.#writer.commit(changes);
    for (const [index, result] of written.entries()) {
      const id = changes[index]?.after.metadata.id;
      if (result.ok) this.take(result.value);
      else if (result.error.code === "NOT_FOUND" && id !== undefined) {
        if (changes[index]?.before.status.state === "queued") this.doubt(id);
        else this.forget(id);
      } else this.meet(result.error);
    }
    const owed = this.#writer.finishOwed();
    if (owed !== null) this.meet(owed);
    return written;
  }

  /** Puts the news of what was written on the disk; `known` are all tasks that had not ended before. */
  announce(written: readonly Step[], known: () => readonly Task[]): void {
    const { layout, notices: rules } = this.options;
    const isComing = (batch: string | undefined): boolean => this.arrivals.isComing(batch);
    const notices = newsOf(written, { layout, wishes: rules.on, known, isComing });
    writeNotices(layout, notices);
    this.courier?.push(notices);
  }

  /** Now and then: what the journal stands in for is put on the disk, beside the work. */
  checkpointIfDue(): void {
    this.#checkpoints.beginIfDue(this.options.clock.awakeMs(), (line) => this.options.say(line));
  }

  note(...notes: Parameters<Writer["note"]>): void {
    this.#writer.note(...notes);
  }

  /** Every task that has not ended, as it stands on disk. */
  get tasks(): ReadonlyMap<TaskId, Task> {
    return this.#tasks;
  }

  /** Keeps a task in memory as it stands on disk; an ended one is of no more concern. */
  take(task: Task): void {
    this.forget(task.metadata.id);
    this.#relatives.take(task);
    if (isTerminal(task.status.state)) return;
    this.#tasks.set(task.metadata.id, task);
    this.#listOf(task).put(task);
  }

  /** A task whose record is not there any more, or is no record of it. */
  forget(id: TaskId): void {
    this.taken += 1;
    this.unsettled.delete(id);
    this.#relatives.forget(id);
    const known = this.#tasks.get(id);
    if (known === undefined) return;
    this.#tasks.delete(id);
    this.#listOf(known).drop(known);
  }

  /** The record of a queued task is none just now: it is not started, and looked at again; see `hand-edit.ts`. */
  doubt(id: TaskId): void {
    if (this.unsettled.has(id)) return;
    this.unsettled.set(id, this.options.clock.awakeMs());
    this.options.say(`${id}: its record in pending/ is none just now, waits for whoever edits it`);
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
    const { served, unsettled } = this;
    const { mayClaim } = this.options;
    if (mayClaim === null && unsettled.size === 0) return null;
    return (task) =>
      !unsettled.has(task.metadata.id) &&
      (mayClaim === null || mayClaim(task) || served.has(task.metadata.uid));
  }

  get active(): readonly Task[] {
    return this.#active.tasks;
  }

  /** True where a queued task has to know of others, of which some are on the disk alone. */
  get isAsking(): boolean {
    return this.#relatives.isAsking;
  }

  /** What there is to give, as far as it was last looked at. */
  get machine(): Machine {
    const conditions = this.#conditions.view(this.#queued.size > 0);
    return { ...this.options.terms, conditions, ...(this.devices?.view ?? NO_DEVICES) };
  }

  /** What a decision on the queue looks at. */
  get surroundings(): Surroundings {
    return { ...this.seenAt(this.options.clock.now(), this.machine), queued: this.queued };
  }

  /** The same for a time and a machine that were looked at already, with the queue told apart; good until it changes. */
  seenAt(nowMs: number, machine: Machine): Omit<Surroundings, "queued"> & { readonly queue: Queue } {
    const { active } = this;
    return { nowMs, queue: this.#queued.queue, active, machine, ...this.#relatives.of(this.tasks) };
  }

  /** Something happened: the loop looks at once. Callbacks do this and nothing else. */
  nudge = (): void => {
    this.#isNudged = true;
    this.#wake();
  };

  /** Waits for a nudge, at most so long. */
  async pause(ms: number): Promise<void> {
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
  canWrite(): boolean {
    const { clock, layout, say } = this.options;
    if (this.trouble === null) {
      const unsafe = this.#homeWatch.look();
      if (unsafe !== null) this.meet(unsafe);
      return unsafe === null;
    }
    if (clock.awakeMs() < this.trouble.retryAwakeMs) return false;
    const refused = probeHome(layout) ?? othersInHome(layout) ?? this.#writer.finishOwed();
    if (refused !== null) {
      this.meet(refused);
      return false;
    }
    this.trouble = null;
    this.tellReaders();
    say("the home takes writes again, going on");
    return true;
  }

  close(): void {
    this.leaders[Symbol.dispose]();
    this.#writer.close();
  }

  /** The disk refused a write: nothing new is started until it takes one again. */
  meet(problem: Problem): void {
    const isNew = this.trouble === null;
    this.trouble = { problem, retryAwakeMs: this.options.clock.awakeMs() + PROBE_MS };
    if (isNew) this.options.say(`${problem.message}; nothing new is started until it works again`);
    if (isNew) this.tellReaders();
  }

  /** Tells readers which accepted batches, and which tasks of others, are not taken in, and why. */
  tellStuck(stuck: ReadonlyMap<string, string>): void {
    this.#stuck = stuck;
    this.tellReaders();
  }

  /** Why nothing new is started, and what is not taken in; nothing once all is well. */
  tellReaders(): void {
    const { layout, lock } = this.options;
    const stuck = [...this.#stuck].map(([batch, message]) => ({ batch, message }));
    const message = this.trouble?.problem.message ?? this.shortage?.message;
    const told = { owner: lock.owner.token, ...(message !== undefined && { message }), stuck };
    noteObstacle(layout, message === undefined && stuck.length === 0 ? null : told);
  }
}
