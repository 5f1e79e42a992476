import type { Settings } from "../../intake/default-settings.ts";
import type { DeviceRules } from "../../model/device.ts";
import {
  type BoundLayers,
  type Bounds,
  boundsInForce,
  layersOf,
  type Overrides,
} from "../../model/overrides.ts";
import { ALWAYS, type Deadline } from "../../model/work.ts";
import type { SchedulingConfig } from "../../plan/input.ts";
import { machineCapacity } from "../capacity.ts";

/** What a supervisor was started with; it overrides config.yaml. */
export interface StartFlags {
  readonly jobs?: number | undefined;
  /** Labels of the supervisor. */
  readonly labels?: SchedulingConfig["labels"];
  readonly deadline?: Deadline | null;
  /** True where jobs start outside the work hours too. */
  readonly ignoresWork?: boolean;
}

/** What was changed at run time, for the owner of the lock with this token; null for none. */
export interface OwnedOverrides {
  readonly overrides: Overrides;
  readonly owner: string | null;
}

/** The scheduling configuration: the settings of a home, overridden by flags, and these by what was changed at run time. */
export function schedulingConfigOf(
  settings: Settings,
  flags: StartFlags,
  changed: OwnedOverrides,
): SchedulingConfig {
  const layers = layersIn(settings, boundsOfFlags(flags), changed);
  const { jobs, gpus, slots = {}, labels = {} } = boundsInForce(layers);
  const { config, flag, lasting, untilRestart } = layers;
  const unchanged = boundsInForce({ config, flag });
  const capacity = machineCapacity(jobs, settings.memoryReserveBytes);
  const isGpusChanged = lasting.gpus !== undefined || untilRestart.gpus !== undefined;
  return {
    // Fewer jobs at run time are not fewer CPUs: tasks that the machine can run must still be accepted.
    capacity: { ...capacity, cpus: Math.max(capacity.cpus, unchanged.jobs ?? 0) },
    labels: { ...settings.labels, ...flags.labels },
    policy: { ...settings.policy, slots, labels },
    deviceRules: isGpusChanged ? widened(settings.devices, gpus ?? null) : settings.devices,
    gpus: isGpusChanged ? (gpus ?? null) : null,
    work: flags.ignoresWork === true ? ALWAYS : settings.work,
    deadline: flags.deadline ?? null,
    paused: changed.overrides.paused ?? null,
  };
}

/** The limits by where they come from. */
export function layersIn(
  settings: Settings,
  flag: Bounds,
  { overrides, owner }: OwnedOverrides,
): BoundLayers {
  const { jobs, devices, policy } = settings;
  const config = {
    ...(jobs !== undefined && { jobs }),
    ...(devices.allow !== null && { gpus: [...devices.allow] }),
    slots: policy.slots,
    labels: policy.labels,
  };
  return { config, flag, ...layersOf(overrides, owner) };
}

/** The limits among the flags. */
export function boundsOfFlags({ jobs }: StartFlags): Bounds {
  return jobs === undefined ? {} : { jobs };
}

/** The rules of a probe: a GPU that is excluded at run time alone is still a GPU of this machine, so that tasks for it are accepted and wait. */
function widened(rules: DeviceRules, gpus: readonly string[] | null): DeviceRules {
  return { ...rules, allow: rules.allow === null || gpus === null ? null : [...rules.allow, ...gpus] };
}
