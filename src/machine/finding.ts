import type { Device } from "../model/device.ts";

/** What the looks at all vendors are taken with. */
export interface ProbeContext {
  /** For the tools: PATH above all. */
  readonly env: Readonly<Record<string, string>>;
  /** The folder that holds proc/, sys/ and dev/: `/`. */
  readonly root: string;
  /** Ends the tools that are on. */
  readonly signal?: AbortSignal;
}

/** A process on a device, whoever it belongs to. */
export interface DeviceUse {
  readonly deviceId: string;
  readonly pid: number;
  /** Null where the driver does not tell. */
  readonly bytes: number | null;
}

/** What was seen of one vendor's devices. */
export interface ProbeResult {
  readonly devices: readonly Device[];
  readonly uses: readonly DeviceUse[];
  /** What kept the tool from telling, in a sentence. */
  readonly problem: string | null;
}

export const NOTHING: ProbeResult = { devices: [], uses: [], problem: null };

/** A device of which no more is known than this. */
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
