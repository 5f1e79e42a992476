import { bootId } from "../lib/host.ts";
import type { Machine, PlanInput } from "../plan/input.ts";
import { Committer } from "./commit/committer.ts";
import type { SupervisorContext } from "./context.ts";
import { ConditionsWatch } from "./devices/conditions.ts";
import type { DevicePool } from "./devices/device-pool.ts";
import { JobTable } from "./jobs/job-table.ts";
import { QueueState } from "./state/queue-state.ts";

/** How a supervisor that was asked to leave does so. */
export type Leaving = "leave" | "drain" | "stop" | "handOver";

/** The system refused a start, which says nothing of the task; all starts are delayed. */
interface StartShortage {
  readonly message: string;
  readonly waitMs: number;
  /** Starts to be tried at a time, one at first: each that is refused is an attempt on record. */
  readonly most: number;
}

const NO_DEVICES = { devices: [], isProbed: false, elsewhere: [], awaitingProbe: new Set<string>() };

/**
 * The process that holds the home's lock, and is the only one that changes records: what it knows of the queue, its way to the
 * disk, its jobs, and its devices. A `run`, a `drain` or a mere command is one as well, for as long as it holds the lock.
 */
export class Supervisor implements Disposable {
  readonly context: SupervisorContext;
  readonly bootId = bootId();
  readonly queue: QueueState;
  readonly committer: Committer;
  readonly jobs = new JobTable();
  /** Null for a mere command, which starts nothing. */
  devices: DevicePool | null = null;
  leaving: Leaving | null = null;
  /** When jobs may be started: not before a time, as `Clock.awakeMs`, and how many where the system refused one. */
  readonly starts: { pausedUntilMs: number; shortage: StartShortage | null } = {
    pausedUntilMs: 0,
    shortage: null,
  };
  readonly #conditions: ConditionsWatch;
  #wake: () => void = () => {};
  #isNudged = false;

  constructor(context: SupervisorContext) {
    this.context = context;
    this.queue = new QueueState(context);
    this.committer = new Committer(context, this.queue);
    this.#conditions = new ConditionsWatch(context.scheduling.work, { clock: context.clock });
  }

  /** What there is to give, as last probed. */
  get machine(): Machine {
    const conditions = this.#conditions.view(this.queue.hasQueued);
    return { ...this.context.scheduling, conditions, ...(this.devices?.view ?? NO_DEVICES) };
  }

  /** What a decision on the queue is made from. */
  get planInput(): PlanInput {
    const { queue, context } = this;
    return { ...queue.planInputAt(context.clock.now(), this.machine), queued: queue.queued };
  }

  /** Something happened: the loop looks at once. Callbacks do this and nothing else. */
  nudge = (): void => {
    this.#isNudged = true;
    this.#wake();
  };

  /** Waits for a nudge or the end of an adopted job, for `ms` at most. */
  async waitForWakeup(ms: number): Promise<void> {
    if (!this.#isNudged && ms > 0) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#wake = resolve;
      const timer = setTimeout(resolve, ms);
      const stopWatching = this.jobs.leaders.onEnd(resolve);
      await promise;
      clearTimeout(timer);
      stopWatching();
    }
    this.#isNudged = false;
  }

  [Symbol.dispose](): void {
    this.jobs[Symbol.dispose]();
    this.committer.notifications?.[Symbol.dispose]();
    this.committer[Symbol.dispose]();
  }
}
