import { ok, type Result } from "../lib/result.ts";
import type { SimulatedGpus } from "../model/device.ts";
import type { Fault } from "./fault.ts";
import { mapping } from "./mapping.ts";
import { after, count, listOf, type ReadContext, type Reader, reader, size, text } from "./readers.ts";
import type { Value } from "./value.ts";

/** More GPUs than this are assumed to be a typing error. */
const MAX_SIMULATED = 64;

const simulatedKeys = mapping(
  {
    name: text,
    memory: { as: "memoryBytes", read: size() },
    count: count(1, MAX_SIMULATED),
    foreign: { as: "foreignBytes", read: size(0) },
  },
  { must: ["name", "memory"], example: "{name: NVIDIA A100, memory: 80GB}" },
);

const simulated = reader(
  () => simulatedKeys.schema,
  after(simulatedKeys, ({ count: amount = 1, foreignBytes = 0, ...kind }) =>
    ok<SimulatedGpus>({ ...kind, count: amount, foreignBytes }),
  ),
);

/** The key `gpus` of config.yaml. */
export const gpuSettings = mapping({
  allow: listOf(text),
  exclude: listOf(text),
  services: { as: "serviceGpus", read: count(0) },
  foreignMax: { as: "foreignMaxBytes", read: size(0) },
  simulate: listOfMappings(simulated),
});

/** A list of mappings, or a single one. */
function listOfMappings<T>(item: Reader<T>): Reader<T[]> {
  const many = listOf(item);
  return reader(
    () => many.schema,
    (value: Value, context: ReadContext): Result<T[], Fault[]> => {
      const one = value.type === "mapping" ? item(value, context) : null;
      if (one === null) return many(value, context);
      return one.ok ? ok([one.value]) : one;
    },
  );
}
