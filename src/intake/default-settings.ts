import { ALL_DEVICES, type DeviceRules } from "../model/device.ts";
import { DEFAULT_NOTICE_RULES, type NoticeRules } from "../model/notice.ts";
import { DEFAULT_POLICY, type Policy } from "../model/policy.ts";
import type { RetentionRules } from "../model/retention.ts";
import { ALWAYS, type WorkRules } from "../model/work.ts";
import type { Defaults } from "./candidate.ts";

/** The settings of a home, from config.yaml. */
export interface Settings {
  /** How many jobs at a time; absent means one per core. */
  readonly jobs?: number;
  /** Folders with task files, apart from the inbox of the home; absolute. */
  readonly inboxes: readonly string[];
  /** Values for tasks that do not set them. */
  readonly defaults?: Defaults | undefined;
  /** Which GPUs are used. */
  readonly devices: DeviceRules;
  /** Memory of the machine that is not available to jobs. */
  readonly memoryReserveBytes: number;
  /** Dispatch order, and limits for lanes and labels. */
  readonly policy: Policy;
  /** Labels of the supervisor, for the selectors of tasks. */
  readonly labels: Readonly<Record<string, string>>;
  /** Notices for every task, in addition to those of the task. */
  readonly notices: NoticeRules;
  /** When jobs are started. */
  readonly work: WorkRules;
  /** Which ended tasks are removed automatically; absent for none. */
  readonly retention?: RetentionRules;
}

/** The settings of a home without a config.yaml, or with an empty one. */
export const DEFAULT_SETTINGS: Settings = {
  inboxes: [],
  devices: ALL_DEVICES,
  memoryReserveBytes: 0,
  policy: DEFAULT_POLICY,
  labels: {},
  notices: DEFAULT_NOTICE_RULES,
  work: ALWAYS,
};
