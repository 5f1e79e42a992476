import { machineCapacity } from "../daemon/capacity.ts";
import type { Settings } from "../intake/default-settings.ts";
import { ALL_DEVICES } from "../model/device.ts";
import { DEFAULT_POLICY } from "../model/policy.ts";
import { ALWAYS } from "../model/work.ts";
import type { SchedulingConfig } from "../plan/input.ts";

/** The scheduling configuration: the settings of a home, overridden by flags. */
export function schedulingConfigOf(
  settings: Settings,
  flags: {
    readonly jobs?: number | undefined;
    readonly labels?: SchedulingConfig["labels"];
  } = {},
): SchedulingConfig {
  return {
    capacity: machineCapacity(flags.jobs ?? settings.jobs, settings.memoryReserveBytes),
    labels: { ...settings.labels, ...flags.labels },
    policy: settings.policy,
    deviceRules: settings.devices,
    work: settings.work,
    deadline: null,
  };
}

/** For a command that starts no jobs. */
export function plainSchedulingConfig(): SchedulingConfig {
  const rules = { policy: DEFAULT_POLICY, deviceRules: ALL_DEVICES, work: ALWAYS };
  return { capacity: machineCapacity(), labels: {}, ...rules, deadline: null };
}
