import { bootId } from "../lib/host.ts";
import { withUnusedOff } from "../machine/choose.ts";
import type { Machine, PlanInput } from "../plan/input.ts";
import { Marker } from "../store/marker.ts";
import { publishApplied } from "../store/overrides.ts";
import { Collector } from "./collect/collector.ts";
import { Committer } from "./commit/committer.ts";
import type { LiveConfig } from "./config/live-config.ts";
import type { SupervisorContext } from "./context.ts";
import { ConditionsWatch } from "./devices/conditions.ts";
import type { DevicePool } from "./devices/device-pool.ts";
import { JobTable } from "./jobs/job-table.ts";
import { QueueState } from "./state/queue-state.ts";

/** How a supervisor that was asked to leave does so. */
export type Leaving = "leave" | "drain" | "stop" | "handOver";

/** The system refused a start for lack of processes, files or memory, which is no fault of the task: all starts are delayed. */
interface StartShortage {
  readonly message: string;
  readonly waitMs: number;
  /** The number of starts to try in one turn, one at first: each refused start leaves an attempt on record. */
  readonly most: number;
}

const NO_DEVICES = { devices: [], isProbed: false, elsewhere: [], awaitingProbe: new Set<string>() };

/**
 * The process that owns the home's lock, the only one that changes records. It composes the queue in memory, the committer, the jobs and
 * the devices. A `run`, a `drain` or a short command is a supervisor too while it owns the lock.
 */
export class Supervisor implements Disposable {
  readonly context: SupervisorContext;
  readonly bootId = bootId();
  readonly queue: QueueState;
  readonly committer: Committer;
  readonly jobs = new JobTable();
  readonly collector: Collector;
  readonly keepsArtifacts: Marker;
  /** Null for a short command, which starts no jobs. */
  devices: DevicePool | null = null;
  leaving: Leaving | null = null;
  /** False while readers may see an earlier configuration. */
  isConfigPublished = false;
  /** No job is started before `pausedUntilMs`, as `Clock.awakeMs`; `shortage` is set while the system refuses starts. */
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
    this.keepsArtifacts = new Marker(context.layout.keeps, context.layout.tmp);
    this.collector = new Collector(context, () => this.nudge());
    this.#conditions = new ConditionsWatch(() => context.config.scheduling.work, { clock: context.clock });
  }

  /** The capacity, conditions and devices of this machine, as last probed. */
  get machine(): Machine {
    const conditions = this.#conditions.view(this.queue.hasQueued);
    const { scheduling } = this.context.config;
    const { devices, ...view } = this.devices?.view ?? NO_DEVICES;
    return { ...scheduling, conditions, ...view, devices: withUnusedOff(devices, scheduling.gpus) };
  }

  /** The input of a plan for now, with all queued tasks. */
  get planInput(): PlanInput {
    const { queue, context } = this;
    return { ...queue.planInputAt(context.clock.now(), this.machine), queued: queue.queued };
  }

  /** Changes the configuration, and tells all that depends on it. */
  reconfigure(change: (config: LiveConfig) => void): void {
    const { config } = this.context;
    const rules = config.scheduling.deviceRules;
    change(config);
    this.publishConfig();
    if (!Bun.deepEquals(rules, config.scheduling.deviceRules)) this.devices?.takeRules();
    this.nudge();
  }

  /** Publishes for readers what is applied; the disk may refuse that. */
  publishConfig(): void {
    const { layout, config, lock } = this.context;
    this.isConfigPublished =
      lock.owner.role === "command" || publishApplied(layout, config.appliedBy(lock.owner.token));
  }

  /** Wakes the loop. Callbacks record what happened, call this, and do nothing else. */
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
    this.collector[Symbol.dispose]();
    this.committer.notifications?.[Symbol.dispose]();
    this.committer[Symbol.dispose]();
  }
}
