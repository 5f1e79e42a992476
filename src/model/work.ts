/** A span of local time on some days of the week. */
export interface WorkWindow {
  /** The days on which it begins; 0 is Sunday. */
  readonly days: readonly number[];
  /** Minutes after midnight. */
  readonly fromMinute: number;
  /** Its length in minutes; it may reach into the next day. */
  readonly minutes: number;
}

/** When a home's supervisor may start jobs. */
export interface WorkRules {
  /** Empty means always. */
  readonly hours: readonly WorkWindow[];
  /** An IANA time zone; null is that of the machine. */
  readonly timeZone: string | null;
  readonly onlyOnMains: boolean;
  /** The one-minute load average of the machine above which no job starts; null for no limit. */
  readonly maxLoad: number | null;
  /** The utilization, in percent, of a GPU without a job of this user, above which no job starts; null for no limit. */
  readonly maxGpuUse: number | null;
}

/** The default: no `work` in config.yaml. */
export const ALWAYS: WorkRules = {
  hours: [],
  timeZone: null,
  onlyOnMains: false,
  maxLoad: null,
  maxGpuUse: null,
};

/** The present conditions of the machine; null where they are unknown. */
export interface Conditions {
  readonly load: number | null;
  readonly onMains: boolean | null;
}

export const UNKNOWN_CONDITIONS: Conditions = { load: null, onMains: null };

/** When a supervisor stops starting jobs. */
export interface Deadline {
  /** Milliseconds since the epoch. */
  readonly atMs: number;
  /** True where no job is started whose timeout would end after that. */
  readonly isFitting: boolean;
}
