import type { Device, SimulatedGpus } from "../model/device.ts";
import { newDevice } from "./finding.ts";

/** The pid of no process that a tool could list. */
const NO_PID = 0;

const PREFIX = "SIM-";

/** True for the id of a simulated GPU of config.yaml: each home has its own, so equal ids of two homes are different GPUs. */
export function isSimulated(id: string): boolean {
  return id.startsWith(PREFIX);
}

/** The simulated GPUs of config.yaml, numbered from `SIM-0`. */
export function simulatedDevices(groups: readonly SimulatedGpus[]): Device[] {
  const all = groups.flatMap((group) => Array.from({ length: group.count }, () => group));
  return all.map(({ name, memoryBytes, foreignBytes }, index) =>
    newDevice({
      id: `${PREFIX}${index}`,
      vendor: "simulated",
      index,
      name,
      memoryBytes,
      freeBytes: Math.max(0, memoryBytes - foreignBytes),
      foreign: foreignBytes > 0 ? [{ pid: NO_PID, bytes: foreignBytes }] : [],
    }),
  );
}
