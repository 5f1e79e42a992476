import type { Device, DeviceRules } from "../model/device.ts";
import type { TaskId } from "../model/identity.ts";
import type { QueuePause } from "../model/overrides.ts";
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
  /** For display: a task of this home, or another home. */
  readonly holder: string;
  readonly bytes: number | null;
  /** When it was assigned, in ms since the epoch; absent where that is unknown. */
  readonly sinceMs?: number;
}

/** The machine and the scheduling policy, from the settings. */
export interface SchedulingConfig {
  readonly capacity: Capacity;
  /** The labels of the supervisor. */
  readonly labels: Readonly<Record<string, string>>;
  readonly policy: Policy;
  /** Which GPUs are used. */
  readonly deviceRules: DeviceRules;
  /** Of these, the ones that jobs may get now, named in the same way; null for all. */
  readonly gpus: readonly string[] | null;
  /** When jobs may start. */
  readonly work: WorkRules;
  /** When this supervisor stops starting jobs; null where it does not. */
  readonly deadline: Deadline | null;
  /** Set while the queue is paused: nothing starts. */
  readonly paused: QueuePause | null;
}

/** The machine as it is now. */
export interface Machine extends SchedulingConfig {
  readonly conditions: Conditions;
  readonly devices: readonly Device[];
  /** False until the first probe of the devices. */
  readonly isProbed: boolean;
  /** The shares that jobs of other homes hold. */
  readonly elsewhere: readonly Holding[];
  /** Devices that were released after the last probe: what is free on them is not known yet. */
  readonly awaitingProbe: ReadonlySet<string>;
}

/** A member that failed soon after its start. */
export interface QuickFailure {
  readonly task: TaskId;
  readonly endedMs: number;
}

/** The input of every decision and every explanation. Times in ms since the epoch. */
export interface PlanInput {
  readonly nowMs: number;
  readonly queued: readonly Task[];
  readonly active: readonly Task[];
  readonly machine: Machine;
  /** The states of all parents of queued tasks. */
  readonly parents: ReadonlyMap<TaskId, ParentState>;
  /** The tasks that have succeeded with the keys of queued ones, by key. */
  readonly doneKeys: ReadonlyMap<string, TaskId>;
  /** The number of failed members by the id of their group, for groups with `maxFailures`. */
  readonly failedMembers: ReadonlyMap<number, number>;
  /** The last quick failures in a row by the id of their group, for groups with `holdAfter`; the newest last. */
  readonly quickFailures: ReadonlyMap<number, readonly QuickFailure[]>;
}
