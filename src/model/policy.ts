const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/** How a home shares its machine out; the settings of config.yaml that decide who starts. */
export interface Policy {
  /** A waiting task gains one point of priority for each such span, in ms. */
  readonly ageingMs: number;
  /** How long tasks with a later turn may pass one that does not fit, in ms; then what it lacks is kept for it. */
  readonly backfillMs: number;
  /** How many tasks of a lane run at a time, by lane; one where nothing is said. */
  readonly slots: Readonly<Record<string, number>>;
  /** How many tasks with a label run at a time, by `key` (for each of its values) or `key=value`. */
  readonly labels: Readonly<Record<string, number>>;
  /** Memory that processes outside stint may hold on a GPU that is given away whole, in bytes. */
  readonly foreignMaxBytes: number;
}

export const DEFAULT_POLICY: Policy = {
  ageingMs: HOUR_MS,
  backfillMs: 10 * MINUTE_MS,
  slots: {},
  labels: {},
  // A desktop's own use.
  foreignMaxBytes: 1_024 ** 3,
};
