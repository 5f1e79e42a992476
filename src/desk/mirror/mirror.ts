import { errnoOf } from "../../lib/errno.ts";
import { ok, type Result } from "../../lib/result.ts";
import { runSlice, type Steps } from "../../lib/steps.ts";
import type { HomeSummary } from "../../model/api/home-summary.ts";
import { apiRowOf, type TaskPage } from "../../model/api/task-row.ts";
import type { Problem } from "../../model/errors.ts";
import { isService } from "../../model/service.ts";
import { STATES } from "../../model/state.ts";
import type { Task } from "../../model/task.ts";
import { inStartOrder } from "../../plan/start-order.ts";
import type { Wait } from "../../plan/waiting.ts";
import type { Layout } from "../../store/layout.ts";
import { lockOwner } from "../../store/lock-owner.ts";
import { TaskReader } from "../../store/reader.ts";
import type { Caller } from "../caller.ts";
import { overviewOf } from "../overview.ts";
import { planInputSeen } from "../plan-input.ts";
import type { PageAsked } from "../task-page.ts";
import { allWaits } from "../waits.ts";
import { foundIn } from "./find.ts";
import { groupIn } from "./group.ts";
import { newestPage, queuePage } from "./page.ts";
import { counting, refresh, scanningBatch, scanningHome } from "./scan.ts";
import { MirrorTasks } from "./tasks.ts";
import { Watching } from "./watching.ts";

/** Edits by hand that no watch has shown are found after this time. */
const RESCAN_MS = 30_000;
/** Changes come in bursts: what follows within this time is taken with the first. */
const BURST_MS = 20;
/** Time and settings change why a task waits without a change of a task. */
const PLAN_MS = 5_000;

/** A page of a list; `queue` has the unfinished tasks alone, in the order in which they are expected to start. */
export interface MirrorAsked extends PageAsked {
  readonly order?: "newest" | "queue";
}

/** The queue as the planner sees it. */
interface Planned {
  readonly inOrder: readonly Task[];
  readonly waitsOf: (task: Task) => Wait[];
}

/**
 * A home in memory, for a face that lives long: unfinished tasks whole, of ended ones the newest as rows, of older ones the numbers. It
 * follows the home by its log and its folders, and goes through all folders twice a minute. All work is done in slices, and one thing
 * after the other: a scan, then what has changed meanwhile.
 */
export class Mirror implements AsyncDisposable {
  readonly #caller: Caller;
  readonly #layout: Layout;
  readonly #tasks = new MirrorTasks();
  readonly #watching: Watching;
  #others = 0;
  #planned: { readonly version: number; readonly sinceMs: number; readonly plan: Promise<Planned> } | null =
    null;
  #kept: { readonly version: number; readonly unfinished: readonly Task[] } | null = null;
  #isClosed = false;
  #isUnknown = true;
  #nudged = Promise.withResolvers<void>();
  #work: Promise<void> = Promise.resolve();
  readonly #timer: Timer;

  private constructor(caller: Caller, layout: Layout) {
    this.#caller = caller;
    this.#layout = layout;
    this.#watching = new Watching(layout, () => this.#nudged.resolve());
    this.#timer = setInterval(() => {
      this.#isUnknown = true;
      this.#nudged.resolve();
    }, RESCAN_MS);
  }

  /** Reads the home. Throws what the system refuses. */
  static async open(caller: Caller, layout: Layout): Promise<Mirror> {
    const mirror = new Mirror(caller, layout);
    try {
      await mirror.catchUp();
    } catch (error) {
      await mirror.close();
      throw error;
    }
    void mirror.#follow();
    return mirror;
  }

  /** Grows with each change of a task or of the queue. */
  get version(): number {
    return this.#tasks.version + this.#others;
  }

  /** The record of the task that a number, an id or a name stands for. */
  get(reference: string): Result<Task, Problem> {
    return foundIn(this.#layout, this.#tasks, reference);
  }

  async page({ group, order = "newest", query, ...where }: MirrorAsked): Promise<Result<TaskPage, Problem>> {
    const meant = group === undefined ? ok({}) : groupIn(this.#layout, this.#tasks, group);
    if (!meant.ok) return meant;
    const wanted = { ...where, query: { ...query, ...meant.value } };
    return order === "newest"
      ? ok(await newestPage(this.#layout, this.#tasks, wanted))
      : ok(queuePage((await this.#plan()).inOrder, wanted));
  }

  /** Why a queued task waits, the planner's reason first; none for other tasks. */
  async waits(id: Task["metadata"]["id"]): Promise<readonly Wait[]> {
    const { waitsOf } = await this.#plan();
    const task = this.#tasks.of(id)?.task;
    return task?.status.state === "queued" ? waitsOf(task) : [];
  }

  summary(): HomeSummary {
    const { counts } = this.#tasks;
    const unfinished = this.#unfinished();
    const queuedAt = unfinished
      .filter(({ status }) => status.state === "queued")
      .map(({ metadata }) => metadata.createdAt)
      .reduce<string | null>((least, at) => (least === null || at < least ? at : least), null);
    const owner = lockOwner(this.#layout);
    return {
      states: Object.fromEntries(
        STATES.map((state) => [state, counts.get(state) ?? 0]),
      ) as HomeSummary["states"],
      uncounted: counts.get(null) ?? 0,
      oldestQueuedAt: queuedAt,
      services: unfinished.filter(isService).map(apiRowOf),
      supervisor: owner?.capacity === undefined ? null : { pid: owner.pid, since: owner.since },
    };
  }

  /** Takes in all that has changed until now; `isWhole` goes through all folders. */
  async catchUp({ isWhole = false } = {}): Promise<void> {
    const before = this.#work;
    const work = (async () => {
      await before.catch(() => {});
      this.#isUnknown ||= isWhole;
      await this.#takeChanges();
    })();
    this.#work = work;
    await work;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearInterval(this.#timer);
    this.#nudged.resolve();
    await this.#work.catch(() => {});
    this.#watching[Symbol.dispose]();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #follow(): Promise<void> {
    const counted = this.#inSlices(counting(this.#scanned()));
    this.#work = counted;
    await unlessFault(counted);
    while (!this.#isClosed) {
      await this.#nudged.promise;
      await Bun.sleep(BURST_MS);
      this.#nudged = Promise.withResolvers();
      if (!this.#isClosed) await unlessFault(this.catchUp());
    }
  }

  async #takeChanges(): Promise<void> {
    const scanned = this.#scanned();
    const reader = new TaskReader(this.#layout);
    for (;;) {
      if (this.#isClosed) return;
      const { ids, batches, others, isUnknown } = this.#watching.take();
      this.#others += others;
      const isScan = this.#isUnknown || isUnknown;
      if (!isScan && ids.size + batches.size + others === 0) return;
      // A scan that the system refuses is tried again.
      if (isScan) {
        this.#isUnknown = true;
        await this.#inSlices(scanningHome(scanned));
        this.#isUnknown = false;
      }
      const seen = new Set(ids);
      await this.#inSlices(refreshing(scanned, ids, reader));
      for (const batch of batches) await this.#inSlices(scanningBatch(scanned, { batch, reader, seen }));
    }
  }

  #scanned() {
    return { layout: this.#layout, tasks: this.#tasks, nowMs: this.#caller.clock.now() };
  }

  async #inSlices(steps: Steps<void>): Promise<void> {
    while (!this.#isClosed && !runSlice(steps, this.#caller.clock).isDone) await Bun.sleep(0);
  }

  #unfinished(): readonly Task[] {
    const { version } = this.#tasks;
    if (this.#kept?.version !== version)
      this.#kept = { version, unfinished: this.#tasks.inOrder.flatMap(({ task }) => task ?? []) };
    return this.#kept.unfinished;
  }

  /** Computed once for all who ask, until something changes. */
  #plan(): Promise<Planned> {
    const { version } = this;
    const nowMs = this.#caller.clock.awakeMs();
    if (this.#planned?.version === version && nowMs - this.#planned.sinceMs < PLAN_MS)
      return this.#planned.plan;
    const plan = this.#planNow();
    this.#planned = { version, sinceMs: nowMs, plan };
    return plan;
  }

  async #planNow(): Promise<Planned> {
    const unfinished = this.#unfinished();
    const around = await planInputSeen(this.#caller, this.#layout, unfinished);
    const overview = overviewOf(this.#layout, { unfinished, unread: [] }, around.nowMs);
    // Of a long queue, this costs more than the order.
    let known: Planned["waitsOf"] | null = null;
    return {
      inOrder: [...around.active, ...inStartOrder(around)],
      waitsOf: (task) => (known ??= allWaits(around, this.#layout, overview))(task),
    };
  }
}

function* refreshing(
  of: { readonly layout: Layout; readonly tasks: MirrorTasks },
  ids: Iterable<Task["metadata"]["id"]>,
  reader: TaskReader,
): Steps<void> {
  for (const id of ids) {
    refresh(of, id, { reader });
    yield;
  }
}

/** What the system refuses is tried again at the next scan. */
async function unlessFault(work: Promise<void>): Promise<void> {
  try {
    await work;
  } catch (error) {
    if (errnoOf(error) === null) throw error;
  }
}
