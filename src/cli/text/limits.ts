import { formatBytes } from "../../lib/bytes.ts";
import type { Attempt } from "../../model/attempt.ts";
import type { Limits } from "../../model/limits.ts";

/** What a task may take at most, in a few words; null where nothing is enforced. */
export function describeLimits(limits: Limits | undefined): string | null {
  if (limits === undefined) return null;
  const { memoryBytes, cpus, pids, openFiles, fileSizeBytes, coreBytes, addressSpaceBytes } = limits;
  const parts = [
    memoryBytes === undefined ? null : `${formatBytes(memoryBytes)} of memory`,
    cpus === undefined ? null : `${cpus} CPUs`,
    pids === undefined ? null : `${pids} processes`,
    openFiles === undefined ? null : `${openFiles} open files`,
    fileSizeBytes === undefined ? null : `files of ${formatBytes(fileSizeBytes)}`,
    coreBytes === undefined ? null : `core dumps of ${formatBytes(coreBytes)}`,
    addressSpaceBytes === undefined ? null : `${formatBytes(addressSpaceBytes)} of address space`,
  ].filter((part) => part !== null);
  if (parts.length === 0) return null;
  const isLoose = limits.bestEffort === true ? " where this machine can" : "";
  return `held to ${parts.join(" and ")}${isLoose}`;
}

/** Lines on how an attempt went with its limits. */
export function memoryAndLimits(attempt: Attempt): string[] {
  const lines: string[] = [];
  if ("peakMemoryBytes" in attempt && attempt.peakMemoryBytes !== undefined)
    lines.push(`    took ${formatBytes(attempt.peakMemoryBytes)} of memory at most`);
  if (attempt.unenforced !== undefined)
    lines.push(`    ${attempt.unenforced.join(", ")} could not be enforced, and it ran without`);
  return lines;
}
