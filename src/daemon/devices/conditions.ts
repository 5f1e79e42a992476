import type { Clock } from "../../lib/clock.ts";
import { readConditions } from "../../machine/conditions.ts";
import { type Conditions, UNKNOWN_CONDITIONS, type WorkRules } from "../../model/work.ts";

/** The one-minute load average does not change faster, and a start may wait this long for mains power. */
const READ_MS = 30_000;

/** The load and the power source as last read: at most every READ_MS, and only while a task is queued. */
export class ConditionsWatch {
  readonly #rulesNow: () => WorkRules;
  readonly #clock: Clock;
  readonly #read: (rules: WorkRules) => Conditions;
  #seen: { readonly conditions: Conditions; readonly awakeMs: number; readonly rules: WorkRules } | null =
    null;

  constructor(
    rulesNow: () => WorkRules,
    { clock, read = readConditions }: { clock: Clock; read?: (rules: WorkRules) => Conditions },
  ) {
    this.#rulesNow = rulesNow;
    this.#clock = clock;
    this.#read = read;
  }

  /** `isAsked` is true where a task waits to start; otherwise nothing is read. */
  view(isAsked: boolean): Conditions {
    const rules = this.#rulesNow();
    const { onlyOnMains, maxLoad } = rules;
    if (!onlyOnMains && maxLoad === null) return UNKNOWN_CONDITIONS;
    const nowMs = this.#clock.awakeMs();
    const isOld = this.#seen?.rules !== rules || nowMs - this.#seen.awakeMs >= READ_MS;
    if (isAsked && isOld) this.#seen = { conditions: this.#read(rules), awakeMs: nowMs, rules };
    return this.#seen?.conditions ?? UNKNOWN_CONDITIONS;
  }
}
