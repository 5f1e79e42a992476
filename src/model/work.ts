/** A span of the wall clock on some days of the week. */
export interface WorkWindow {
  /** On which it begins; 0 is Sunday. */
  readonly days: readonly number[];
  /** Minutes after midnight. */
  readonly fromMinute: number;
  /** How long it is, in minutes; it may reach into the next day. */
  readonly minutes: number;
}

/** When a home's supervisor may start jobs. */
export interface WorkRules {
  /** Empty means at any time. */
  readonly hours: readonly WorkWindow[];
  /** An IANA name; null is the machine's own. */
  readonly timeZone: string | null;
  readonly onlyOnMains: boolean;
  /** Load average over one minute, of all processes; null for any. */
  readonly maxLoad: number | null;
  /** Percent of a GPU that no job of this user has; null for any. */
  readonly maxGpuUse: number | null;
}

/** What a config.yaml without `work` means. */
export const ALWAYS: WorkRules = {
  hours: [],
  timeZone: null,
  onlyOnMains: false,
  maxLoad: null,
  maxGpuUse: null,
};

/** What the machine is like just now; null where that cannot be told. */
export interface Conditions {
  readonly load: number | null;
  readonly onMains: boolean | null;
}

export const UNKNOWN_CONDITIONS: Conditions = { load: null, onMains: null };

/** From when on a supervisor starts nothing any more. */
export interface Deadline {
  /** Milliseconds since the epoch. */
  readonly atMs: number;
  /** True where nothing is started either whose timeout would end after that. */
  readonly isFitting: boolean;
}
