import { availableParallelism, totalmem } from "node:os";
import type { Capacity } from "../model/resources.ts";

/** The capacity of this machine for `jobs` concurrent jobs (default: one for each core), less the reserved memory. */
export function machineCapacity(jobs?: number, memoryReserveBytes = 0): Capacity {
  const cores = availableParallelism();
  return {
    jobs: jobs ?? cores,
    // More jobs than cores means that they share the cores: a task that declares no CPUs takes one.
    cpus: Math.max(cores, jobs ?? 0),
    memoryBytes: Math.max(0, totalmem() - memoryReserveBytes),
  };
}
