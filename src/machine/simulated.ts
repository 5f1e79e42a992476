import type { Device, SimulatedGpus } from "../model/device.ts";
import { newDevice } from "./finding.ts";

/** Nobody's: Linux gives pid 0 to no process that a tool could list. */
const NOBODY = 0;

const PREFIX = "SIM-";

/** True for the id of a GPU that config.yaml makes up: it is that home's alone, and another home's of the same name is another one. */
export function isSimulated(id: string): boolean {
  return id.startsWith(PREFIX);
}

/** The GPUs that config.yaml makes up, numbered through; `SIM-0` is the first. */
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
      foreign: foreignBytes > 0 ? [{ pid: NOBODY, bytes: foreignBytes }] : [],
    }),
  );
}
