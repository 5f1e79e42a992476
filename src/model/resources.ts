import * as v from "valibot";

const count = v.pipe(v.number(), v.integer(), v.minValue(0));

/** What a task asks of the machine. Absent means undeclared: one CPU, no GPU, any memory. */
export const resources = v.strictObject({
  cpus: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1))),
  memoryBytes: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1))),
  gpus: v.optional(count),
  vramBytes: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1))),
});
export type Resources = v.InferOutput<typeof resources>;

/** What the machine has to give; `jobs` is how many may run at a time. */
export const capacity = v.strictObject({ jobs: count, cpus: count, memoryBytes: count, gpus: count });
export type Capacity = Readonly<v.InferOutput<typeof capacity>>;

/** The CPUs that a task takes: undeclared is one. */
export function cpusOf(wanted: Resources): number {
  return wanted.cpus ?? 1;
}

/** The GPUs that a task takes: a declared share of memory means one device. */
export function gpusOf(wanted: Resources): number {
  return wanted.gpus ?? (wanted.vramBytes === undefined ? 0 : 1);
}
