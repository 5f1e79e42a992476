import { type Plan, plan } from "../plan/plan.ts";
import type { Supervisor } from "./supervisor.ts";

/** Between two looks the wall clock and the time awake part by less than this; more is a jump of the clock, or a suspend. */
const MAX_DRIFT_MS = 200;
/** What neither an event nor the time announces, as a parent's record that can be read again, is found this much later. */
const MAX_AGE_MS = 30_000;

/** The last plan, for as long as nothing can have changed: a look at a queue that rests costs the same however long it is. */
export class PlanCache {
  readonly #supervisor: Supervisor;
  #last: { plan: Plan; basis: unknown; nowMs: number; awakeMs: number } | null = null;

  constructor(supervisor: Supervisor) {
    this.#supervisor = supervisor;
  }

  /** What is to be done now; the same plan may come again, with the rest of its wait. */
  current(isClaiming: boolean): Plan {
    const { machine, queue, context } = this.#supervisor;
    const { revision, delegatedUids, unreadableRecords, mayClaim } = queue;
    const [nowMs, awakeMs] = [context.clock.now(), context.clock.awakeMs()];
    // All that a plan is made from, but for the time.
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
    // Of what is to be done some may come to nothing, and must not be forgotten.
    this.#last = made.actions.length > 0 ? null : { plan: made, basis, nowMs, awakeMs };
    return made;
  }
}
