import type { Machine } from "../../plan/input.ts";
import { type Plan, plan } from "../../plan/plan.ts";
import type { Supervisor } from "../supervisor.ts";

/** Between two looks the wall clock and the time awake part by less than this; more is a jump of the clock, or a suspend. */
const MAX_DRIFT_MS = 200;
/** What neither an event nor the time announces, a parent's record that can be read again, is found this much later. */
const MAX_AGE_MS = 30_000;
/** Where no task waits for another there is no such thing; and should there be one after all, it is found some time. */
const MAX_AGE_ALONE_MS = 600_000;

/** All that a plan is made from, but for the time. */
interface Basis {
  readonly taken: number;
  readonly served: number;
  readonly unreadableRecords: number;
  readonly machine: Machine;
  readonly isClaiming: boolean;
}

interface Standing {
  readonly basis: Basis;
  readonly plan: Plan;
  readonly nowMs: number;
  readonly awakeMs: number;
}

/** The last plan, for as long as nothing can have changed: a look at a queue that rests costs the same however long it is. */
export class PlanCache {
  readonly #holder: Supervisor;
  #standing: Standing | null = null;

  constructor(supervisor: Supervisor) {
    this.#holder = supervisor;
  }

  /** What is to be done now; the same plan may come again, with the rest of its wait. */
  current(isClaiming: boolean): Plan {
    const { revision, delegatedUids, unreadableRecords, machine, mayClaim, context } = this.#holder;
    const nowMs = context.clock.now();
    const awakeMs = context.clock.awakeMs();
    const basis = {
      taken: revision,
      served: delegatedUids.size,
      unreadableRecords: unreadableRecords.size,
      machine,
      isClaiming,
    };
    const left = this.#left({ basis, nowMs, awakeMs });
    if (left !== null) return left;
    const made = plan({ ...this.#holder.planInputAt(nowMs, machine), awakeMs, mayClaim, isClaiming });
    this.#standing = { basis, plan: made, nowMs, awakeMs };
    return made;
  }

  /** What is left of the last plan; null where it is none any more. */
  #left({ basis, nowMs, awakeMs }: Omit<Standing, "plan">): Plan | null {
    const known = this.#standing;
    // Of what was to be done some may have come to nothing, and would be forgotten.
    if (known === null || known.plan.actions.length > 0) return null;
    const sinceMs = awakeMs - known.awakeMs;
    const hasJumped = Math.abs(nowMs - known.nowMs - sinceMs) > MAX_DRIFT_MS;
    const maxAgeMs = this.#holder.hasDependents ? MAX_AGE_MS : MAX_AGE_ALONE_MS;
    if (sinceMs > maxAgeMs || hasJumped || !isSame(basis, known.basis)) return null;
    const { wakeInMs } = known.plan;
    if (wakeInMs === null) return known.plan;
    const leftMs = wakeInMs - Math.max(sinceMs, nowMs - known.nowMs);
    return leftMs <= 0 ? null : { ...known.plan, wakeInMs: leftMs };
  }
}

function isSame(one: Basis, other: Basis): boolean {
  return (
    one.taken === other.taken &&
    one.served === other.served &&
    one.unreadableRecords === other.unreadableRecords &&
    one.isClaiming === other.isClaiming &&
    Bun.deepEquals(one.machine, other.machine)
  );
}
