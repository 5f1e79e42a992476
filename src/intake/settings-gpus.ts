import { ok, type Result } from "../lib/result.ts";
import type { SimulatedGpus } from "../model/device.ts";
import type { Fault } from "./fault.ts";
import { count, listOf, type ReadContext, type Reader, size, text } from "./readers.ts";
import { lacks, section } from "./section.ts";
import type { Value } from "./value.ts";

/** More GPUs than this in one machine are a slip of the finger. */
const MAX_SIMULATED = 64;

const simulatedKeys = section({
  name: { name: "name", read: text },
  memory: { name: "memoryBytes", read: size() },
  count: { name: "count", read: count(1, MAX_SIMULATED) },
  foreign: { name: "foreignBytes", read: size(0) },
});

/** The key `gpus` of config.yaml. */
export const gpuSettings = section({
  allow: { name: "allow", read: listOf(text) },
  exclude: { name: "exclude", read: listOf(text) },
  foreignMax: { name: "foreignMaxBytes", read: size(0) },
  simulate: { name: "simulate", read: listOfMappings(simulated) },
});

function simulated(value: Value, surroundings: ReadContext): Result<SimulatedGpus, Fault[]> {
  const read = simulatedKeys(value, surroundings);
  if (!read.ok) return read;
  const { name, memoryBytes, count: amount = 1, foreignBytes = 0 } = read.value;
  if (name === undefined) return lacks(value, "name", "NVIDIA A100");
  if (memoryBytes === undefined) return lacks(value, "memory", "80GB");
  return ok({ name, memoryBytes, count: amount, foreignBytes });
}

/** A list of mappings, or a single one. */
function listOfMappings<T>(item: Reader<T>): Reader<T[]> {
  return (value, surroundings) => {
    const one = value.type === "mapping" ? item(value, surroundings) : null;
    if (one === null) return listOf(item)(value, surroundings);
    return one.ok ? ok([one.value]) : one;
  };
}
