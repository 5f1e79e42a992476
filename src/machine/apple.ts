import { NOTHING, newDevice, type ProbeContext, type ProbeResult } from "./finding.ts";
import { machineMemory } from "./memory.ts";
import type { MachineMemory } from "./nvidia.ts";
import { runTool, toolFailure } from "./tool.ts";

export const APPLE_TOOL = "system_profiler";

/** Probes the GPU of an Apple chip. */
export async function lookAtApple(around: ProbeContext): Promise<ProbeResult> {
  const end = await runTool([APPLE_TOOL, "SPDisplaysDataType", "-json"], around);
  if (end.type === "missing") return NOTHING;
  const found = end.type === "ended" ? parseDisplays(end.out, machineMemory(around.root)) : null;
  return found ?? { ...NOTHING, problem: toolFailure(APPLE_TOOL, end) };
}

interface Display {
  readonly sppci_model?: unknown;
  readonly spdisplays_vendor?: unknown;
}

/** Parses the output of system_profiler; null where it is invalid. GPUs of other vendors are of no use to jobs there. */
export function parseDisplays(text: string, memory: MachineMemory): ProbeResult | null {
  try {
    const { SPDisplaysDataType: displays } = JSON.parse(text) as { SPDisplaysDataType: readonly Display[] };
    const own = displays.find(({ spdisplays_vendor: vendor }) => /apple/i.test(String(vendor)));
    if (own === undefined) return NOTHING;
    const device = newDevice({
      id: "apple-0",
      vendor: "apple",
      index: 0,
      name: typeof own.sppci_model === "string" ? own.sppci_model : "Apple GPU",
      memoryBytes: memory.totalBytes,
      freeBytes: memory.availableBytes,
      isUnified: true,
    });
    return { ...NOTHING, devices: [device] };
  } catch {
    return null;
  }
}
