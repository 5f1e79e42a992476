import { freemem, totalmem } from "node:os";
import { join } from "node:path";
import { textOf } from "../lib/file-text.ts";
import type { MachineMemory } from "./nvidia.ts";

/** The memory of the machine; available memory includes caches, unlike free memory (proc_meminfo(5)). */
export function machineMemory(root: string): MachineMemory {
  const text = textOf(join(root, "proc", "meminfo")) ?? "";
  const bytesOf = (name: string): number | null => {
    const found = new RegExp(`^${name}:\\s+(\\d+) kB$`, "m").exec(text)?.[1];
    return found === undefined ? null : Number(found) * 1_024;
  };
  return {
    totalBytes: bytesOf("MemTotal") ?? totalmem(),
    availableBytes: bytesOf("MemAvailable") ?? freemem(),
  };
}
