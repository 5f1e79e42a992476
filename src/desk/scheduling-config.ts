import { machineCapacity } from "../daemon/capacity.ts";
import type { Settings } from "../intake/default-settings.ts";
import { ALL_DEVICES } from "../model/device.ts";
import { DEFAULT_POLICY } from "../model/policy.ts";
import { ALWAYS } from "../model/work.ts";
import type { SchedulingConfig } from "../plan/input.ts";

/** How this machine is shared out, by the settings of a home and what the command line says over them. */
export function schedulingConfigOf(
  settings: Settings,
  said: {
    readonly jobs?: number | undefined;
    readonly labels?: SchedulingConfig["labels"];
  } = {},
): SchedulingConfig {
  return {
    capacity: machineCapacity(said.jobs ?? settings.jobs, settings.memoryReserveBytes),
    labels: { ...settings.labels, ...said.labels },
    policy: settings.policy,
    deviceRules: settings.devices,
    work: settings.work,
    deadline: null,
  };
}

/** For a mere command, which starts nothing. */
export function plainSchedulingConfig(): SchedulingConfig {
  const rules = { policy: DEFAULT_POLICY, deviceRules: ALL_DEVICES, work: ALWAYS };
  return { capacity: machineCapacity(), labels: {}, ...rules, deadline: null };
}
