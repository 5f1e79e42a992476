import type { Clock } from "../../lib/clock.ts";
import { readConditions } from "../../machine/conditions.ts";
import { type Conditions, UNKNOWN_CONDITIONS, type WorkRules } from "../../model/work.ts";

/** The one-minute load average does not change faster, and a start may wait this long for mains power. */
const READ_MS = 30_000;

/** The load and the power source as last read: at most every READ_MS, and only while a task is queued. */
export class ConditionsWatch {
  readonly #rules: WorkRules;
  readonly #clock: Clock;
  readonly #read: (rules: WorkRules) => Conditions;
  #seen: { readonly conditions: Conditions; readonly awakeMs: number } | null = null;

  constructor(
    rules: WorkRules,
    { clock, read = readConditions }: { clock: Clock; read?: (rules: WorkRules) => Conditions },
  ) {
    this.#rules = rules;
    this.#clock = clock;
    this.#read = read;
  }

  /** `isAsked` is true where a task waits to start; otherwise nothing is read. */
  view(isAsked: boolean): Conditions {
    const { onlyOnMains, maxLoad } = this.#rules;
    if (!onlyOnMains && maxLoad === null) return UNKNOWN_CONDITIONS;
    const nowMs = this.#clock.awakeMs();
    if (isAsked && (this.#seen === null || nowMs - this.#seen.awakeMs >= READ_MS))
      this.#seen = { conditions: this.#read(this.#rules), awakeMs: nowMs };
    return this.#seen?.conditions ?? UNKNOWN_CONDITIONS;
  }
}
