import { type EndedAttempt, failureOfAttempt } from "../model/attempt.ts";
import type { Device } from "../model/device.ts";
import { gpusOf, type Resources } from "../model/resources.ts";
import type { Task } from "../model/task.ts";

/** What the next attempt of a task asks for. */
export interface Demand {
  readonly resources: Resources;
  /** How many GPUs. */
  readonly gpus: number;
  /** Devices that failed under it. */
  readonly avoid: readonly string[];
  /** The memory of a device was too small for it: a larger one is wanted if there is one. In bytes. */
  readonly moreThanBytes: number | null;
}

/** What is asked for before anything has failed. */
export function plainDemand(resources: Resources): Demand {
  return { resources, gpus: gpusOf(resources), avoid: [], moreThanBytes: null };
}

/** The wishes of a task, sharpened by how its last attempts in this epoch failed on their devices. */
export function demandOf(task: Task, devices: readonly Device[]): Demand {
  const plain = plainDemand(task.spec.resources);
  const { resources, gpus } = plain;
  if (gpus === 0) return plain;
  const failed = task.status.attempts.filter(
    (attempt): attempt is EndedAttempt =>
      attempt.epoch === task.metadata.epoch && attempt.devices !== undefined && attempt.state !== "running",
  );
  const faulty = failed
    .filter((attempt) => ["GPU_FAULT", "GPU_ERROR"].includes(failureOfAttempt(attempt)?.code ?? ""))
    .flatMap((attempt) => attempt.devices ?? []);
  const avoid = [...new Set(faulty)];
  // A crash of the machine or a stop says nothing of the device.
  const last = failed.findLast(({ state }) => state !== "orphaned" && state !== "cancelled");
  if (last === undefined || failureOfAttempt(last)?.code !== "GPU_OOM") return { ...plain, avoid };
  const { vramBytes: _share, ...others } = resources;
  const had = devices
    .filter(({ id }) => last.devices?.includes(id))
    .map(({ memoryBytes }) => memoryBytes ?? 0);
  return { resources: { ...others, gpus }, gpus, avoid, moreThanBytes: Math.max(0, ...had) };
}

/** Why a device is not for a request at all, in words after "it"; null where it would do. */
export function unsuitable(device: Device, { resources }: Pick<Demand, "resources">): string | null {
  const { gpuModel, gpuMemoryBytes, gpuIds, vramBytes } = resources;
  if (device.fault !== null) return `has failed: ${device.fault}`;
  if (gpuIds !== undefined && !gpuIds.some((wanted) => isNamedBy(device, wanted)))
    return "is not one of those named";
  if (gpuModel !== undefined && !device.name.toLowerCase().includes(gpuModel.toLowerCase()))
    return `is a ${device.name}`;
  const leastBytes = Math.max(gpuMemoryBytes ?? 0, vramBytes ?? 0);
  if (leastBytes > 0 && device.memoryBytes === null) return "does not tell how much memory it has";
  return (device.memoryBytes ?? 0) < leastBytes ? "has too little memory" : null;
}

function isNamedBy(device: Device, wanted: string): boolean {
  return /^\d+$/.test(wanted) ? device.index === Number(wanted) : device.id.startsWith(wanted);
}

/**
 * The devices that a demand may be given at all: those that suit, without the faulty ones and only the larger ones,
 * as far as enough of them are left.
 */
export function candidates(demand: Demand, devices: readonly Device[]): Device[] {
  const suitable = devices.filter((device) => unsuitable(device, demand) === null);
  const sound =
    enough(
      suitable.filter(({ id }) => !demand.avoid.includes(id)),
      demand,
    ) ?? suitable;
  const { moreThanBytes } = demand;
  if (moreThanBytes === null) return sound;
  return (
    enough(
      sound.filter(({ memoryBytes }) => (memoryBytes ?? 0) > moreThanBytes),
      demand,
    ) ?? sound
  );
}

function enough(devices: Device[], { gpus }: Demand): Device[] | null {
  return devices.length >= gpus ? devices : null;
}
