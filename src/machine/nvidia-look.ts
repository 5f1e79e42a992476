import { type DeviceUse, NOTHING, type ProbeContext, type ProbeResult } from "./finding.ts";
import { machineMemory } from "./memory.ts";
import {
  GPU_FIELDS,
  type NvidiaGpu,
  parseGpus,
  parseUses,
  refusedField,
  slicesIn,
  withSlices,
} from "./nvidia.ts";
import { runTool, type ToolEnd, toolFailure } from "./tool.ts";

export const NVIDIA_TOOL = "nvidia-smi";
const CSV = "--format=csv,noheader,nounits";
/** Fields without which a GPU cannot be identified. */
const NEEDED: readonly string[] = ["index", "uuid"];

/** Probes NVIDIA GPUs, with at most two calls of nvidia-smi at a time. */
export async function lookAtNvidia(around: ProbeContext): Promise<ProbeResult> {
  const [asked, apps] = await Promise.all([
    askGpus(around),
    runTool([NVIDIA_TOOL, "--query-compute-apps=gpu_uuid,pid,used_memory", CSV], around),
  ]);
  const { end, fields } = asked;
  if (end.type === "missing") return NOTHING;
  const text = end.type === "ended" ? end.out : "";
  const gpus = parseGpus(text, { fields, memory: machineMemory(around.root) });
  if (gpus.length === 0) return { ...NOTHING, problem: isEmpty(end) ? null : toolFailure(NVIDIA_TOOL, end) };
  const uses = apps.type === "ended" ? parseUses(apps.out) : [];
  // A failed GPU makes the tool fail too, and has a fault of its own.
  const isExplained = gpus.some(({ device }) => device.fault !== null);
  const problem = isExplained ? null : (failureIn(end) ?? failureIn(apps));
  return gpus.some(({ isSliced }) => isSliced)
    ? sliced(around, { gpus, uses, problem })
    : { devices: gpus.map(({ device }) => device), uses, problem };
}

/** Queries all fields, and again without those that an old driver does not know. */
async function askGpus(around: ProbeContext): Promise<{ end: ToolEnd; fields: readonly string[] }> {
  let fields: readonly string[] = GPU_FIELDS;
  for (;;) {
    const end = await runTool([NVIDIA_TOOL, `--query-gpu=${fields.join(",")}`, CSV], around);
    const refused = end.type === "ended" && end.code !== 0 ? refusedField(`${end.out}\n${end.err}`) : null;
    if (refused === null || !fields.includes(refused) || NEEDED.includes(refused)) return { end, fields };
    fields = fields.filter((field) => field !== refused);
  }
}

function failureIn(end: ToolEnd): string | null {
  const isFailed = end.type === "hung" || (end.type === "ended" && end.code !== 0);
  return isFailed ? toolFailure(NVIDIA_TOOL, end) : null;
}

/** A driver without GPUs says so and exits with 6 (nvidia-smi(1), "Return value"). */
function isEmpty(end: ToolEnd): boolean {
  return (
    end.type === "ended" &&
    (/No devices were found/i.test(end.out) || (end.code === 0 && end.out.trim() === ""))
  );
}

interface Sliced {
  readonly gpus: readonly NvidiaGpu[];
  readonly uses: readonly DeviceUse[];
  readonly problem: string | null;
}

async function sliced(around: ProbeContext, { gpus, uses, problem }: Sliced): Promise<ProbeResult> {
  const listed = await runTool([NVIDIA_TOOL, "-L"], around);
  const listing = listed.type === "ended" ? listed.out : "";
  const slices = slicesIn(listing);
  return {
    devices: withSlices(gpus, listing),
    // A process on a sliced GPU is on one of its slices; nvidia-smi does not say on which, or with how much memory.
    uses: uses.flatMap((use) => {
      const possible = slices.filter(({ parent }) => parent === use.deviceId);
      return possible.length === 0
        ? [use]
        : possible.map(({ id }) => ({ ...use, deviceId: id, bytes: null }));
    }),
    problem: problem ?? failureIn(listed),
  };
}
