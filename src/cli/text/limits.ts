import { formatBytes } from "../../lib/bytes.ts";
import { counted } from "../../lib/counted.ts";
import type { Attempt } from "../../model/attempt.ts";
import type { Limits } from "../../model/limits.ts";

/** The enforced limits of a task, as a clause; null where there are none. */
export function describeLimits(limits: Limits | undefined): string | null {
  if (limits === undefined) return null;
  const { memoryBytes, cpus, pids, openFiles, fileSizeBytes, coreBytes, addressSpaceBytes } = limits;
  const parts = [
    memoryBytes === undefined ? null : `${formatBytes(memoryBytes)} of memory`,
    cpus === undefined ? null : counted(cpus, "CPU"),
    pids === undefined ? null : counted(pids, "process", "processes"),
    openFiles === undefined ? null : counted(openFiles, "open file"),
    fileSizeBytes === undefined ? null : `files of ${formatBytes(fileSizeBytes)}`,
    coreBytes === undefined ? null : `core dumps of ${formatBytes(coreBytes)}`,
    addressSpaceBytes === undefined ? null : `${formatBytes(addressSpaceBytes)} of address space`,
  ].filter((part) => part !== null);
  if (parts.length === 0) return null;
  const isLoose = limits.bestEffort === true ? " where this machine can" : "";
  return `limited to ${parts.join(" and ")}${isLoose}`;
}

export function memoryAndLimits(attempt: Attempt): string[] {
  const lines: string[] = [];
  if ("peakMemoryBytes" in attempt && attempt.peakMemoryBytes !== undefined)
    lines.push(`    peak memory ${formatBytes(attempt.peakMemoryBytes)}`);
  if (attempt.unenforced !== undefined)
    lines.push(`    ${attempt.unenforced.join(", ")} could not be enforced: it ran without`);
  return lines;
}
