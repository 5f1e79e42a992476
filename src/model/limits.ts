import * as v from "valibot";

const positive = v.pipe(v.number(), v.integer(), v.minValue(1));

/** What the kernel enforces on a job, unlike `resources`, which are only reserved. */
export const limits = v.strictObject({
  /** Above it, the kernel's OOM killer acts within the job's control group. */
  memoryBytes: v.optional(positive),
  /** CPU time in CPUs; 0.5 is half of one. */
  cpus: v.optional(v.pipe(v.number(), v.gtValue(0))),
  /** Processes and threads. */
  pids: v.optional(positive),
  openFiles: v.optional(positive),
  fileSizeBytes: v.optional(positive),
  coreBytes: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0))),
  /** Virtual memory; CUDA maps far more of it than it uses. */
  addressSpaceBytes: v.optional(positive),
  /** If true, the job runs without a limit that this machine cannot enforce, instead of being refused. */
  bestEffort: v.optional(v.boolean()),
});
export type Limits = v.InferOutput<typeof limits>;
