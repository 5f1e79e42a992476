import * as v from "valibot";
import { instant } from "./identity.ts";

const bytes = v.pipe(v.number(), v.integer(), v.minValue(0));

/** A process on a device that stint did not start; its memory is null where the driver does not tell. */
const foreignProcess = v.strictObject({ pid: v.number(), bytes: v.nullable(bytes) });

/** One GPU, or one slice of one, as its vendor's tool last described it. What the tool could not tell is null, never 0. */
const device = v.strictObject({
  /** As the vendor names it for all time: `GPU-…`, `MIG-…`; what goes into CUDA_VISIBLE_DEVICES and its like. */
  id: v.string(),
  vendor: v.picklist(["nvidia", "amd", "apple", "simulated"]),
  /** The vendor tool's own number, for people only: programs may count in another order. */
  index: v.number(),
  name: v.string(),
  /** On a device with unified memory, that of the machine. */
  memoryBytes: v.nullable(bytes),
  freeBytes: v.nullable(bytes),
  isUnified: v.boolean(),
  /** Why it is of no use, in words; null where it works. */
  fault: v.nullable(v.string()),
  /** Of jobs of this home: memory that their processes hold on it, by attempt token. */
  held: v.array(v.strictObject({ token: v.string(), bytes: v.nullable(bytes) })),
  foreign: v.array(foreignProcess),
  /** In percent; null where unknown. */
  utilization: v.nullable(v.number()),
  temperatureCelsius: v.nullable(v.number()),
});
export type Device = v.InferOutput<typeof device>;

/** What one look at the devices found. */
export const inventory = v.strictObject({
  at: instant,
  devices: v.array(device),
  /** What kept the tools from telling, in a sentence; null where nothing did. No GPU at all is no problem. */
  problem: v.nullable(v.string()),
});
export type Inventory = v.InferOutput<typeof inventory>;

/** The inventory of a machine without GPUs. */
export function noDevices(at: string): Inventory {
  return { at, devices: [], problem: null };
}

/** GPUs that a home makes up, all alike. */
export interface SimulatedGpus {
  readonly name: string;
  readonly memoryBytes: number;
  readonly count: number;
  /** Memory of each that somebody else seems to hold. */
  readonly foreignBytes: number;
}

/** Which GPUs a home uses, as its config.yaml says. */
export interface DeviceRules {
  /** Only these, each by its index, its id, the beginning of that, or a part of its name; null is all. */
  readonly allow: readonly string[] | null;
  readonly exclude: readonly string[];
  /** Where there are any, they are all that the machine has. */
  readonly simulate: readonly SimulatedGpus[];
}

/** All that the machine has, and nothing made up. */
export const ALL_DEVICES: DeviceRules = { allow: null, exclude: [], simulate: [] };

/** A job's share of devices, as the homes of one user tell each other. */
export const deviceShare = v.strictObject({
  /** Of the attempt. */
  token: v.string(),
  home: v.string(),
  task: v.string(),
  /** `Device.id` of each. */
  devices: v.array(v.string()),
  /** Of each device; null is the whole of it. */
  bytes: v.nullable(v.number()),
  bootId: v.string(),
  /** Who gave it; the job may outlive them. */
  supervisor: v.strictObject({ pid: v.number(), startTime: v.string() }),
});
export type DeviceShare = v.InferOutput<typeof deviceShare>;
