import * as v from "valibot";

const count = v.pipe(v.number(), v.integer(), v.minValue(0));

/** What a task requests of the machine. Absent means undeclared: one CPU, no GPU, no reserved memory. */
export const resources = v.strictObject({
  cpus: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1))),
  memoryBytes: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1))),
  gpus: v.optional(count),
  /** A share of each GPU, beside the shares of other tasks; absent, each GPU is exclusive. */
  vramBytes: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1))),
  /** A part of the GPU's name, case-insensitive. */
  gpuModel: v.optional(v.pipe(v.string(), v.minLength(1))),
  /** The minimum total memory of each GPU. */
  gpuMemoryBytes: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1))),
  /** Only these GPUs, by id or prefix of an id. */
  gpuIds: v.optional(v.pipe(v.array(v.pipe(v.string(), v.minLength(1))), v.minLength(1))),
});
export type Resources = v.InferOutput<typeof resources>;

/** The capacity of the machine besides its GPUs; `jobs` is how many may run at a time. */
export const capacity = v.object({ jobs: count, cpus: count, memoryBytes: count });
export type Capacity = Readonly<v.InferOutput<typeof capacity>>;

/** How many CPUs a task requests; 1 if undeclared. */
export function cpusOf(wanted: Resources): number {
  return wanted.cpus ?? 1;
}

/** What a task takes besides memory and GPUs. */
interface Share {
  readonly jobs: number;
  readonly cpus: number;
}

/** A service takes no job slot, and no CPU unless it asks for one. */
export function shareOf(wanted: Resources, isOfService: boolean): Share {
  return isOfService ? { jobs: 0, cpus: wanted.cpus ?? 0 } : { jobs: 1, cpus: cpusOf(wanted) };
}

/** How many GPUs a task requests; a constraint on GPUs alone means one. */
export function gpusOf(wanted: Resources): number {
  if (wanted.gpus !== undefined) return wanted.gpus;
  if (wanted.gpuIds !== undefined) return wanted.gpuIds.length;
  const isAsked = [wanted.vramBytes, wanted.gpuModel, wanted.gpuMemoryBytes].some((one) => one !== undefined);
  return isAsked ? 1 : 0;
}
