import * as v from "valibot";
import { instant } from "./identity.ts";

const bytes = v.pipe(v.number(), v.integer(), v.minValue(0));

/** A process on a device that stint did not start; its memory is null where the driver does not report it. */
const foreignProcess = v.strictObject({ pid: v.number(), bytes: v.nullable(bytes) });

/** A GPU or a slice of one (MIG), as the vendor's tool last reported it. What the tool does not report is null, never 0. */
const device = v.strictObject({
  /** The vendor's permanent id: `GPU-…`, `MIG-…`; the value for CUDA_VISIBLE_DEVICES and the like. */
  id: v.string(),
  vendor: v.picklist(["nvidia", "amd", "apple", "simulated"]),
  /** The number in the vendor's tool, for display only: programs may count in another order. */
  index: v.number(),
  name: v.string(),
  /** With unified memory, the memory of the machine. */
  memoryBytes: v.nullable(bytes),
  freeBytes: v.nullable(bytes),
  isUnified: v.boolean(),
  /** Why it cannot be used, as a clause; null where it works. */
  fault: v.nullable(v.string()),
  /** True where no job may get it at present: it was excluded at run time. */
  isOff: v.optional(v.boolean()),
  /** Memory that processes of this home's jobs use on it, by attempt token. */
  held: v.array(v.strictObject({ token: v.string(), bytes: v.nullable(bytes) })),
  foreign: v.array(foreignProcess),
  /** In percent; null where unknown. */
  utilization: v.nullable(v.number()),
  temperatureCelsius: v.nullable(v.number()),
});
export type Device = v.InferOutput<typeof device>;

/** The result of one probe of the devices. */
export const inventory = v.strictObject({
  at: instant,
  devices: v.array(device),
  /** Why the devices could not be probed, in a sentence; null where they could. A machine without a GPU is no problem. */
  problem: v.nullable(v.string()),
});
export type Inventory = v.InferOutput<typeof inventory>;

/** The inventory of a machine without GPUs. */
export function noDevices(at: string): Inventory {
  return { at, devices: [], problem: null };
}

/** Simulated GPUs of a home, all alike. */
export interface SimulatedGpus {
  readonly name: string;
  readonly memoryBytes: number;
  readonly count: number;
  /** Memory of each that processes outside stint seem to use. */
  readonly foreignBytes: number;
}

/** Which GPUs a home uses, from its config.yaml. */
export interface DeviceRules {
  /** Only these, each by its index, its id or a prefix of that, or a part of its name; null is all. */
  readonly allow: readonly string[] | null;
  readonly exclude: readonly string[];
  /** Where given, they replace the machine's own. */
  readonly simulate: readonly SimulatedGpus[];
}

/** All GPUs of the machine, none simulated. */
export const ALL_DEVICES: DeviceRules = { allow: null, exclude: [], simulate: [] };

/** A job's share of devices, as the homes of one user publish it to each other. */
export const deviceShare = v.strictObject({
  /** Of the attempt. */
  token: v.string(),
  home: v.string(),
  task: v.string(),
  /** `Device.id` of each. */
  devices: v.array(v.string()),
  /** Per device; null is the whole device. */
  bytes: v.nullable(v.number()),
  bootId: v.string(),
  /** Who assigned it; the job may outlive that supervisor. */
  supervisor: v.strictObject({ pid: v.number(), startTime: v.string() }),
});
export type DeviceShare = v.InferOutput<typeof deviceShare>;
