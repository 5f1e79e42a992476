import { formatBytes } from "../../lib/bytes.ts";
import { timestamp } from "../../lib/clock.ts";
import { counted } from "../../lib/counted.ts";
import { runSlice, type Steps } from "../../lib/steps.ts";
import type { Answer } from "../../model/request.ts";
import { NO_RULES, type RetentionRules } from "../../model/retention.ts";
import { noteCleaned, readCleaned } from "../../store/retention.ts";
import type { Supervisor } from "../supervisor.ts";
import { cleanupSteps } from "./cleanup.ts";
import { dropMarkedSnapshots } from "./snapshots.ts";

const DAY_MS = 86_400_000;
/** The pause between two slices: no one waits for this work. */
const REST_MS = 40;
/** A clean-up that the disk refused is retried after this time. */
const RETRY_MS = 3_600_000;

/** Applies the retention rules once a day by the wall clock: a machine that was off or suspended catches up. */
export class DailyCleanup {
  readonly #supervisor: Supervisor;
  readonly #rulesNow: () => RetentionRules | undefined;
  #running: Steps<Answer[]> | null = null;
  #runningRules: RetentionRules | null = null;
  #lastMs: number | null;
  #notBeforeAwakeMs = 0;

  constructor(supervisor: Supervisor, rulesNow: () => RetentionRules | undefined) {
    this.#supervisor = supervisor;
    this.#rulesNow = rulesNow;
    this.#lastMs = readCleaned(supervisor.context.layout);
  }

  /** Runs a slice where a clean-up is due; returns in how many ms to go on, or null where none is. */
  tick(): number | null {
    const { clock } = this.#supervisor.context;
    const rules = this.#rules();
    // What no rule asks for any more is not removed.
    if (!Bun.deepEquals(rules, this.#runningRules ?? rules)) this.#running = null;
    if (rules === undefined || (this.#running === null && !this.#isDue())) return null;
    this.#running ??= cleanupSteps(this.#supervisor, { rules, dryRun: false, actor: "stint" });
    this.#runningRules = rules;
    // Where a step throws, a new clean-up begins after RETRY_MS.
    this.#notBeforeAwakeMs = clock.awakeMs() + RETRY_MS;
    const running = this.#running;
    this.#running = null;
    const progress = runSlice(running, clock);
    if (!progress.isDone) {
      this.#running = running;
      return REST_MS;
    }
    this.#finish(progress.value);
    return null;
  }

  /** The rules of the settings, and those of tasks that say how long their artifacts are kept. */
  #rules(): RetentionRules | undefined {
    const rules = this.#rulesNow();
    if (!this.#supervisor.keepsArtifacts.isSet) return rules;
    return { ...(rules ?? NO_RULES), appliesKeep: true };
  }

  /** Due too where the last one is in the future: the clock was set back. */
  #isDue(): boolean {
    const { queue, context } = this.#supervisor;
    const { clock } = context;
    if (clock.awakeMs() < this.#notBeforeAwakeMs || queue.arrivals.unread.size > 0) return false;
    const nowMs = clock.now();
    return this.#lastMs === null || nowMs - this.#lastMs >= DAY_MS || nowMs < this.#lastMs;
  }

  #finish(answers: readonly Answer[]): void {
    const { layout, clock, environment, log } = this.#supervisor.context;
    this.#lastMs = clock.now();
    this.#notBeforeAwakeMs = 0;
    for (const { problem } of answers) if (problem !== undefined) log(problem.message);
    const removed = answers.filter(({ done }) => done !== undefined);
    const bytes = removed.reduce((total, answer) => total + (answer.bytes ?? 0), 0);
    if (removed.length > 0)
      log(`cleaned up ${counted(removed.length, "task or log", "tasks or logs")}, ${formatBytes(bytes)}`);
    noteCleaned(layout, timestamp(this.#lastMs));
    // Beside the loop: what is left of it is for the next time.
    void dropMarkedSnapshots(layout, environment);
  }
}
