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
