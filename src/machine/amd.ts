import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { textOf } from "../lib/file-text.ts";
import type { Device } from "../model/device.ts";
import { type DeviceUse, NOTHING, newDevice, type ProbeContext, type ProbeResult } from "./finding.ts";
import { findTool, runTool, toolFailure } from "./tool.ts";

export const AMD_TOOL = "rocm-smi";
const QUESTIONS = [
  "--showproductname",
  "--showuniqueid",
  "--showmeminfo",
  "vram",
  "--showuse",
  "--showtemp",
  "--showpids",
];

/** True where jobs could use an AMD GPU: they need /dev/kfd, which a mere display adapter lacks. */
export function mayHaveAmd(around: ProbeContext): boolean {
  return findTool(AMD_TOOL, around) !== null || existsSync(join(around.root, "dev", "kfd"));
}

/** Probes AMD GPUs with rocm-smi, else from the kernel driver's files. */
export async function lookAtAmd(around: ProbeContext): Promise<ProbeResult> {
  const end = await runTool([AMD_TOOL, ...QUESTIONS, "--json"], around);
  if (end.type === "ended") {
    const found = parseRocm(end.out);
    if (found !== null && found.devices.length > 0) return found;
  }
  const devices = existsSync(join(around.root, "dev", "kfd")) ? devicesInSysfs(around.root) : [];
  const isFailed = end.type === "hung" || (end.type === "ended" && end.code !== 0);
  return { devices, uses: [], problem: isFailed && devices.length === 0 ? toolFailure(AMD_TOOL, end) : null };
}

/** Parses the output of rocm-smi, which may have warnings before its JSON; null where it has no JSON. */
export function parseRocm(text: string): ProbeResult | null {
  const answer = mappingIn(text);
  if (answer === null) return null;
  const devices = Object.entries(answer).flatMap(([card, values]) => {
    const index = /^card(\d+)$/.exec(card)?.[1];
    return index === undefined ? [] : [deviceOfCard(Number(index), values)];
  });
  const [only, ...others] = devices;
  // With several GPUs, rocm-smi does not say which one a process uses, or how much of it.
  const uses = only === undefined || others.length > 0 ? [] : usesOf(only, answer["system"] ?? {});
  return { ...NOTHING, devices, uses };
}

type Values = Readonly<Record<string, string>>;

function mappingIn(text: string): Readonly<Record<string, Values>> | null {
  try {
    const data = JSON.parse(text.slice(text.indexOf("{"))) as Readonly<Record<string, unknown>>;
    return Object.fromEntries(Object.entries(data).map(([key, value]) => [key, textsIn(value)]));
  } catch {
    return null;
  }
}

function textsIn(data: unknown): Values {
  const entries = typeof data === "object" && data !== null ? Object.entries(data) : [];
  return Object.fromEntries(entries.map(([key, value]) => [key, String(value)]));
}

function deviceOfCard(index: number, values: Values): Device {
  const first = (pattern: RegExp): string | null =>
    Object.entries(values).find(([key, value]) => pattern.test(key) && !/^(N\/A|)$/.test(value))?.[1] ?? null;
  const total = numberIn(first(/^VRAM Total Memory/));
  const used = numberIn(first(/^VRAM Total Used/));
  return newDevice({
    id: idOf(first(/^Unique ID/), index),
    vendor: "amd",
    index,
    name: first(/^Card Series/i) ?? first(/^Device Name/i) ?? first(/^Card Model/i) ?? "AMD GPU",
    memoryBytes: total,
    freeBytes: total === null || used === null ? null : total - used,
    utilization: numberIn(first(/^GPU use/)),
    temperatureCelsius: numberIn(first(/^Temperature.*edge/) ?? first(/^Temperature/)),
  });
}

/** The id for ROCR_VISIBLE_DEVICES: `GPU-` and the unique id in hexadecimal, else the index. */
function idOf(unique: string | null, index: number): string {
  return unique === null ? String(index) : `GPU-${unique.replace(/^0x/, "")}`;
}

function numberIn(text: string | null): number | null {
  return text !== null && /^\d+(\.\d+)?$/.test(text) ? Number(text) : null;
}

/** The only line of a sysfs file; null where it is missing. */
function lineIn(path: string): string | null {
  return textOf(path)?.trim() ?? null;
}

/** `"PID4711": "python, 1, 104857600, 0, 0"`: name, GPUs, memory. */
function usesOf(device: Device, system: Values): DeviceUse[] {
  return Object.entries(system).flatMap(([key, value]) => {
    const pid = /^PID(\d+)$/.exec(key)?.[1];
    const bytes = numberIn(value.split(",").at(2)?.trim() ?? null);
    return pid === undefined ? [] : [{ deviceId: device.id, pid: Number(pid), bytes }];
  });
}

/** The GPUs that amdgpu lists below /sys/class/drm (kernel documentation, "AMDGPU misc"). */
function devicesInSysfs(root: string): Device[] {
  const folder = join(root, "sys", "class", "drm");
  const cards = existsSync(folder) ? readdirSync(folder).filter((name) => /^card\d+$/.test(name)) : [];
  return cards
    .map((name) => join(folder, name, "device"))
    .filter((path) => lineIn(join(path, "vendor")) === "0x1002")
    .map((path, index) => {
      const number = (name: string): number | null => numberIn(lineIn(join(path, name)));
      const total = number("mem_info_vram_total");
      const used = number("mem_info_vram_used");
      const unique = lineIn(join(path, "unique_id"));
      const product = lineIn(join(path, "product_name"));
      return newDevice({
        id: idOf(unique === "" ? null : unique, index),
        vendor: "amd",
        index,
        name: product === null || product === "" ? "AMD GPU" : product,
        memoryBytes: total,
        freeBytes: total === null || used === null ? null : total - used,
        utilization: number("gpu_busy_percent"),
      });
    });
}
