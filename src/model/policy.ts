const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/** The scheduling policy of a home, from config.yaml. */
export interface Policy {
  /** A ready task gains one point of priority per such span of waiting, in ms. */
  readonly ageingMs: number;
  /** How long backfill may pass a task that does not fit, in ms; then resources are reserved for it. */
  readonly backfillMs: number;
  /** How many tasks of a lane run at a time, by lane; default 1. */
  readonly slots: Readonly<Record<string, number>>;
  /** How many tasks with a label run at a time, by `key` (per value) or `key=value`. */
  readonly labels: Readonly<Record<string, number>>;
  /** How many services run at a time, and how many GPUs they hold together; absent for any number. */
  readonly services?: number;
  readonly serviceGpus?: number;
  /** Memory that processes outside stint may use on a GPU that is still assigned whole, in bytes. */
  readonly foreignMaxBytes: number;
}

export const DEFAULT_POLICY: Policy = {
  ageingMs: HOUR_MS,
  backfillMs: 10 * MINUTE_MS,
  slots: {},
  labels: {},
  // What a desktop uses.
  foreignMaxBytes: 1_024 ** 3,
};
