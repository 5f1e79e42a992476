import { availableParallelism, totalmem } from "node:os";
import type { Capacity } from "../model/resources.ts";

/** What this machine has to give, for a number of jobs at a time (default: one for each core). */
export function machineCapacity(jobs?: number, memoryReserveBytes = 0): Capacity {
  const cores = availableParallelism();
  return {
    jobs: jobs ?? cores,
    // More jobs than cores is a wish to share the cores: a task that declares nothing takes one.
    cpus: Math.max(cores, jobs ?? 0),
    memoryBytes: Math.max(0, totalmem() - memoryReserveBytes),
  };
}
