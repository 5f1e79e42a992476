import { ALL_DEVICES, type DeviceRules } from "../model/device.ts";
import { DEFAULT_NOTICE_RULES, type NoticeRules } from "../model/notice.ts";
import { DEFAULT_POLICY, type Policy } from "../model/policy.ts";
import type { RetentionRules } from "../model/retention.ts";
import { ALWAYS, type WorkRules } from "../model/work.ts";
import type { Defaults } from "./candidate.ts";

/** What config.yaml says of a home. */
export interface Settings {
  /** How many jobs at a time; absent means one a core. */
  readonly jobs?: number;
  /** Folders to take task files from beside the home's own; absolute. */
  readonly inboxes: readonly string[];
  /** For tasks that do not say it themselves. */
  readonly defaults?: Defaults;
  /** Which GPUs are used. */
  readonly devices: DeviceRules;
  /** Memory of the machine that no job is given. */
  readonly memoryReserveBytes: number;
  /** Who starts, and how many of a kind. */
  readonly policy: Policy;
  /** Of the supervisor, for the selectors of tasks. */
  readonly labels: Readonly<Record<string, string>>;
  /** Who is told of what, beside what tasks say for themselves. */
  readonly notices: NoticeRules;
  /** When jobs are started. */
  readonly work: WorkRules;
  /** What is removed of ended tasks without being asked; absent for nothing. */
  readonly retention?: RetentionRules;
}

/** Of a home that has no config.yaml, or one that says nothing. */
export const DEFAULT_SETTINGS: Settings = {
  inboxes: [],
  devices: ALL_DEVICES,
  memoryReserveBytes: 0,
  policy: DEFAULT_POLICY,
  labels: {},
  notices: DEFAULT_NOTICE_RULES,
  work: ALWAYS,
};
