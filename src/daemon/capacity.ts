import { availableParallelism, totalmem } from "node:os";
import type { Capacity } from "../model/resources.ts";

/** What this machine has to give, for a number of jobs at a time (default: one for each core). */
export function machineCapacity(jobs?: number): Capacity {
  const cores = availableParallelism();
  // More jobs than cores is a wish to share the cores: a task that declares nothing takes one.
  return { jobs: jobs ?? cores, cpus: Math.max(cores, jobs ?? 0), memoryBytes: totalmem() };
}
