import { type Plan, plan } from "../plan/plan.ts";
import type { Supervisor } from "./supervisor.ts";

/** A larger difference between elapsed wall clock and elapsed time awake is a jump of the clock, or a suspend. */
const MAX_DRIFT_MS = 200;
/** Changes without an event, such as a parent's record that can be read again, are found after this time. */
const MAX_AGE_MS = 30_000;

/** Caches the last plan while its input is unchanged: a turn on an idle queue then costs the same at any length of the queue. */
export class PlanCache {
  readonly #supervisor: Supervisor;
  #last: { plan: Plan; basis: unknown; nowMs: number; awakeMs: number } | null = null;

  constructor(supervisor: Supervisor) {
    this.#supervisor = supervisor;
  }

  /** The plan for now: the cached one with the rest of its wait, or a new one. */
  current(isClaiming: boolean): Plan {
    const { machine, queue, context } = this.#supervisor;
    const { revision, delegatedUids, unreadableRecords, mayClaim } = queue;
    const [nowMs, awakeMs] = [context.clock.now(), context.clock.awakeMs()];
    // All input of a plan but the time.
    const basis = [revision, delegatedUids.size, unreadableRecords.size, isClaiming, machine];
    const last = this.#last;
    if (last !== null) {
      const [wallMs, sinceMs] = [nowMs - last.nowMs, awakeMs - last.awakeMs];
      const leftMs = (last.plan.wakeInMs ?? Number.POSITIVE_INFINITY) - Math.max(wallMs, sinceMs);
      const isYoung = sinceMs <= MAX_AGE_MS && Math.abs(wallMs - sinceMs) <= MAX_DRIFT_MS;
      if (leftMs > 0 && isYoung && Bun.deepEquals(basis, last.basis))
        return last.plan.wakeInMs === null ? last.plan : { ...last.plan, wakeInMs: leftMs };
    }
    const made = plan({
      ...this.#supervisor.queue.planInputAt(nowMs, machine),
      awakeMs,
      mayClaim,
      isClaiming,
    });
    // Never cached with actions: those that fail must be planned again.
    this.#last = made.actions.length > 0 ? null : { plan: made, basis, nowMs, awakeMs };
    return made;
  }
}
