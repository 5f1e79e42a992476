import * as v from "valibot";

const positive = v.pipe(v.number(), v.integer(), v.minValue(1));

/** What the kernel is to enforce on a job, unlike `resources`, which only reserve. */
export const limits = v.strictObject({
  /** Over it, the kernel kills in the job's own control group. */
  memoryBytes: v.optional(positive),
  /** In CPUs; 0.5 is half the time of one. */
  cpus: v.optional(v.pipe(v.number(), v.gtValue(0))),
  /** Processes and threads. */
  pids: v.optional(positive),
  openFiles: v.optional(positive),
  fileSizeBytes: v.optional(positive),
  coreBytes: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0))),
  /** Of virtual memory; CUDA maps far more of it than it uses. */
  addressSpaceBytes: v.optional(positive),
  /** Where this machine cannot enforce a limit, the job runs without it instead of not at all. */
  bestEffort: v.optional(v.boolean()),
});
export type Limits = v.InferOutput<typeof limits>;
