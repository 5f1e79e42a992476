import type { Device, DeviceRules } from "../model/device.ts";
import type { TaskId } from "../model/identity.ts";
import type { Policy } from "../model/policy.ts";
import type { Capacity } from "../model/resources.ts";
import type { ParentState } from "../model/spec.ts";
import type { Task } from "../model/task.ts";
import type { Conditions, Deadline, WorkRules } from "../model/work.ts";

/** A job's share of a device, in bytes; null is the whole of it. */
export interface Holding {
  /** `Device.id` */
  readonly device: string;
  /** Of the attempt. */
  readonly token: string;
  /** For people: a task of this home, or another home. */
  readonly holder: string;
  readonly bytes: number | null;
  /** When it was taken, in ms since the epoch; absent where that is not known. */
  readonly sinceMs?: number;
}

/** What the settings say of the machine, and by which rules it is shared out. */
export interface SchedulingConfig {
  readonly capacity: Capacity;
  /** Of the supervisor. */
  readonly labels: Readonly<Record<string, string>>;
  readonly policy: Policy;
  /** Which GPUs are used. */
  readonly deviceRules: DeviceRules;
  /** When jobs are started. */
  readonly work: WorkRules;
  /** When this supervisor stops starting jobs; null where it does not. */
  readonly deadline: Deadline | null;
}

/** What there is to give. */
export interface Machine extends SchedulingConfig {
  readonly conditions: Conditions;
  readonly devices: readonly Device[];
  /** False until the devices were looked at for the first time. */
  readonly isProbed: boolean;
  /** What jobs of other homes hold. */
  readonly elsewhere: readonly Holding[];
  /** Devices that were given back after they were last looked at: what is free on them is not known yet. */
  readonly awaitingProbe: ReadonlySet<string>;
}

/** What every decision and every explanation looks at. Times in ms since the epoch. */
export interface PlanInput {
  readonly nowMs: number;
  readonly queued: readonly Task[];
  readonly active: readonly Task[];
  readonly machine: Machine;
  /** Of all parents of queued tasks. */
  readonly parents: ReadonlyMap<TaskId, ParentState>;
  /** Failed members by the id of their group, for groups that have a limit of them. */
  readonly failedMembers: ReadonlyMap<number, number>;
}
