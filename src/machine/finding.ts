import type { Device } from "../model/device.ts";

/** The input for the probes of all vendors. */
export interface ProbeContext {
  /** For the vendors' tools, mainly PATH. */
  readonly env: Readonly<Record<string, string>>;
  /** The folder that holds proc/, sys/ and dev/: `/`. */
  readonly root: string;
  /** Ends running tools. */
  readonly signal?: AbortSignal;
}

/** A process on a device, of any user. */
export interface DeviceUse {
  readonly deviceId: string;
  readonly pid: number;
  /** Null where the driver does not report it. */
  readonly bytes: number | null;
}

/** The result of probing one vendor's devices. */
export interface ProbeResult {
  readonly devices: readonly Device[];
  readonly uses: readonly DeviceUse[];
  /** Why the tool failed, in a sentence. */
  readonly problem: string | null;
}

export const NOTHING: ProbeResult = { devices: [], uses: [], problem: null };

/** A device of which only this much is known. */
export function newDevice(known: Pick<Device, "id" | "vendor" | "index" | "name"> & Partial<Device>): Device {
  return {
    memoryBytes: null,
    freeBytes: null,
    isUnified: false,
    fault: null,
    held: [],
    foreign: [],
    utilization: null,
    temperatureCelsius: null,
    ...known,
  };
}
