import { formatAsked, formatBytes } from "../lib/bytes.ts";
import { counted } from "../lib/counted.ts";
import { type Demand, restored, unsuitable } from "./demand.ts";
import type { DeviceRoom } from "./devices.ts";
import type { ResourceShortage } from "./place.ts";

/** Why a request can never be satisfied, as a predicate: `asks for 8 CPUs, this machine has 2`. */
export function describeShortage(short: ResourceShortage): string {
  switch (short.resource) {
    case "jobs":
      return "needs a job slot, and this supervisor has none";
    case "cpus":
      return `asks for ${counted(short.wanted, "CPU")}, this machine has ${short.total}`;
    case "memoryBytes":
      return `asks for ${formatAsked(short.wanted)} of memory, this machine has ${formatBytes(short.total)} for jobs`;
    case "gpus":
      return `asks for ${describeGpus(short.demand)}, ${whatIsThere(short.demand, short.rooms)}`;
  }
}

/** The GPUs that are requested: `2 GPUs`, `1 GPU with 20 GiB free`. */
export function describeGpus({ resources, gpus, moreThanBytes }: Demand): string {
  const { vramBytes, gpuModel, gpuMemoryBytes, gpuIds } = resources;
  const parts = [
    gpuModel === undefined ? null : `of the model ${gpuModel}`,
    gpuIds === undefined ? null : `named ${gpuIds.join(" or ")}`,
    gpuMemoryBytes === undefined ? null : `with at least ${formatBytes(gpuMemoryBytes)} in total`,
    vramBytes === undefined ? null : `with ${formatBytes(vramBytes)} free`,
    moreThanBytes === null ? null : "as a whole, larger than the last one if there is one",
  ].filter((part) => part !== null);
  return [counted(gpus, "GPU"), ...parts].join(" ");
}

function whatIsThere(demand: Demand, rooms: readonly DeviceRoom[]): string {
  if (rooms.length === 0) return "this machine has none";
  const unfit = rooms.flatMap(({ device }) => {
    const why = unsuitable(restored(device), demand);
    return why === null ? [] : [`gpu ${device.index} ${why}`];
  });
  return [`this machine has ${rooms.length}`, ...unfit].join("; ");
}
