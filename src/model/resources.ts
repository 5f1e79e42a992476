import * as v from "valibot";

const count = v.pipe(v.number(), v.integer(), v.minValue(0));

/** What a task asks of the machine. Absent means undeclared: one CPU, no GPU, any memory. */
export const resources = v.strictObject({
  cpus: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1))),
  memoryBytes: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1))),
  gpus: v.optional(count),
  /** A share of each GPU, which others may share too; absent, a GPU is taken whole. */
  vramBytes: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1))),
  /** Part of the GPU's name, in any case. */
  gpuModel: v.optional(v.pipe(v.string(), v.minLength(1))),
  /** The least memory that each GPU must have in all. */
  gpuMemoryBytes: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1))),
  /** These GPUs and no others: ids, or the beginnings of some. */
  gpuIds: v.optional(v.pipe(v.array(v.pipe(v.string(), v.minLength(1))), v.minLength(1))),
});
export type Resources = v.InferOutput<typeof resources>;

/** What the machine has to give beside its GPUs; `jobs` is how many may run at a time. */
export const capacity = v.object({ jobs: count, cpus: count, memoryBytes: count });
export type Capacity = Readonly<v.InferOutput<typeof capacity>>;

/** The CPUs that a task takes: undeclared is one. */
export function cpusOf(wanted: Resources): number {
  return wanted.cpus ?? 1;
}

/** The GPUs that a task takes: whoever says what one must be like wants one. */
export function gpusOf(wanted: Resources): number {
  if (wanted.gpus !== undefined) return wanted.gpus;
  if (wanted.gpuIds !== undefined) return wanted.gpuIds.length;
  const isAsked = [wanted.vramBytes, wanted.gpuModel, wanted.gpuMemoryBytes].some((one) => one !== undefined);
  return isAsked ? 1 : 0;
}
