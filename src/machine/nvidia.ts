import type { Device } from "../model/device.ts";
import { type DeviceUse, newDevice } from "./finding.ts";

const MIB = 1_024 ** 2;

/** The fields queried for each GPU; the name is last, as it may contain a comma. */
export const GPU_FIELDS = [
  "index",
  "uuid",
  "memory.total",
  "memory.used",
  "memory.free",
  "utilization.gpu",
  "temperature.gpu",
  "mig.mode.current",
  "name",
] as const;

/** The memory of the machine, for GPUs that have none of their own. */
export interface MachineMemory {
  readonly totalBytes: number;
  readonly availableBytes: number;
}

/** A GPU as its row describes it, before its slices are known. */
export interface NvidiaGpu {
  readonly device: Device;
  /** In MIG mode: its slices are the devices. */
  readonly isSliced: boolean;
}

/** The field that an older driver does not know, or null; nvidia-smi names one at a time. */
export function refusedField(said: string): string | null {
  return /Field "([^"]+)" is not a valid field to query/.exec(said)?.[1] ?? null;
}

/** Parses the output of `--query-gpu=FIELDS --format=csv,noheader,nounits`; for a failed GPU it has a sentence in place of a row. */
export function parseGpus(
  text: string,
  { fields, memory }: { readonly fields: readonly string[]; readonly memory: MachineMemory },
): NvidiaGpu[] {
  const lines = text.split("\n");
  const gpus = lines.flatMap((line) => gpuOfRow(cellsOf(line, fields), memory) ?? []);
  for (const line of lines) {
    const lost = LOST.exec(line);
    if (lost === null) continue;
    const [, place = "", reason = ""] = lost;
    // nvidia-smi numbers GPUs by their PCI address, so the failed one leaves a gap.
    const index = gapIn(gpus.map(({ device }) => device.index));
    const fault = `nvidia-smi cannot reach it: ${reason.trim()}`;
    gpus.push({
      isSliced: false,
      device: newDevice({ id: place, vendor: "nvidia", index, name: `GPU at ${place}`, fault }),
    });
  }
  return gpus.sort((left, right) => left.device.index - right.device.index);
}

/** What nvidia-smi prints for a GPU without an NVML handle: `…for GPU 0000:0B:00.0: GPU is lost. Reboot…`. */
const LOST = /Unable to determine the device handle for (?:GPU\d* ?)?([0-9A-Fa-f:.]+): (.+)/;

function gapIn(taken: readonly number[]): number {
  let index = 0;
  while (taken.includes(index)) index += 1;
  return index;
}

function cellsOf(line: string, fields: readonly string[]): Map<string, string> | null {
  const cells = line.split(",").map((cell) => cell.trim());
  if (cells.length < fields.length) return null;
  return new Map(
    fields.map((field, at) => [
      field,
      at === fields.length - 1 ? cells.slice(at).join(", ") : (cells[at] ?? ""),
    ]),
  );
}

function gpuOfRow(cells: ReadonlyMap<string, string> | null, machine: MachineMemory): NvidiaGpu | null {
  const cell = (field: string): string => cells?.get(field) ?? "";
  const id = cell("uuid");
  const index = numberIn(cell("index"));
  if (index === null || !/^(GPU|MIG)-/.test(id)) return null;
  const total = mebibytes(cell("memory.total"));
  const used = mebibytes(cell("memory.used"));
  const fault = faultIn(cell("memory.total")) ?? faultIn(cell("memory.used"));
  // GPUs that share the machine's memory (GB10, Jetson) report none of their own.
  const isUnified = total === null && /^\[?(N\/A|Not Supported)\]?$/i.test(cell("memory.total"));
  const free = mebibytes(cell("memory.free")) ?? (total === null || used === null ? null : total - used);
  const device = newDevice({
    id,
    vendor: "nvidia",
    index,
    name: cell("name"),
    memoryBytes: isUnified ? machine.totalBytes : total,
    freeBytes: isUnified ? machine.availableBytes : free,
    isUnified,
    fault,
    utilization: numberIn(cell("utilization.gpu")),
    temperatureCelsius: numberIn(cell("temperature.gpu")),
  });
  return { device, isSliced: /^enabled$/i.test(cell("mig.mode.current")) };
}

/** Bracketed values (`[N/A]`, `[Unknown Error]`) and `ERR!` are unknown, not 0. */
function numberIn(cell: string): number | null {
  return /^\d+(\.\d+)?$/.test(cell) ? Number(cell) : null;
}

function mebibytes(cell: string): number | null {
  const value = numberIn(cell);
  return value === null ? null : Math.round(value * MIB);
}

/** The fault that a value shows; `[N/A]` and `[Insufficient Permissions]` show none. */
function faultIn(cell: string): string | null {
  return /unknown error|lost|err!|reset/i.test(cell)
    ? `nvidia-smi says "${cell.replaceAll(/[[\]]/g, "")}" of its memory`
    : null;
}

/** Replaces GPUs in MIG mode by their slices, which only `nvidia-smi -L` lists; one without slices gets a fault. */
export function withSlices(gpus: readonly NvidiaGpu[], listing: string): Device[] {
  const slices = slicesIn(listing);
  return gpus.flatMap(({ device, isSliced }) => {
    if (!isSliced) return [device];
    const own = slices.filter(({ parent }) => parent === device.id);
    if (own.length === 0) return [{ ...device, fault: "it is in MIG mode and has no slices" }];
    return own.map(({ id, profile }) => ({
      ...device,
      id,
      name: `${device.name} MIG ${profile}`,
      memoryBytes: memoryOf(profile),
      freeBytes: null,
      utilization: null,
    }));
  });
}

/** The slices in the output of `nvidia-smi -L`, with the id of their GPU. */
export function slicesIn(listing: string): { id: string; parent: string; profile: string }[] {
  let parent = "";
  return listing.split("\n").flatMap((line) => {
    const id = /\(UUID: ([^)]+)\)/.exec(line)?.[1] ?? "";
    const profile = /^\s+MIG\s+(\S+)/.exec(line)?.[1];
    if (profile !== undefined) return id === "" ? [] : [{ id, parent, profile }];
    if (/^GPU \d+:/.test(line)) parent = id;
    return [];
  });
}

/** `3g.20gb` has 20 GB, to a fraction of a percent; no query of nvidia-smi reports the exact size. */
function memoryOf(profile: string): number | null {
  const gigabytes = /\.(\d+)gb/.exec(profile)?.[1];
  return gigabytes === undefined ? null : Number(gigabytes) * 1e9;
}

/** Parses the output of `--query-compute-apps=gpu_uuid,pid,used_memory --format=csv,noheader,nounits`. */
export function parseUses(text: string): DeviceUse[] {
  return text.split("\n").flatMap((line) => {
    const [deviceId = "", pid = "", used = ""] = line.split(",").map((cell) => cell.trim());
    if (!/^(GPU|MIG)-/.test(deviceId) || !/^\d+$/.test(pid)) return [];
    return [{ deviceId, pid: Number(pid), bytes: mebibytes(used) }];
  });
}
