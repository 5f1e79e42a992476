import { type EndedAttempt, failureOfAttempt } from "../model/attempt.ts";
import type { Device } from "../model/device.ts";
import { gpusOf, type Resources } from "../model/resources.ts";
import { isService } from "../model/service.ts";
import type { Task } from "../model/task.ts";

/** What the next attempt of a task requests. */
export interface Demand {
  readonly resources: Resources;
  readonly isOfService?: true;
  /** The number of GPUs. */
  readonly gpus: number;
  /** Ids of devices that failed under it. */
  readonly avoid: readonly string[];
  /** The memory of the device that was too small for it, in bytes: a larger one is preferred. Null where none was. */
  readonly moreThanBytes: number | null;
}

/** The demand of a first attempt. */
export function plainDemand(resources: Resources, isOfService = false): Demand {
  const mark = isOfService && { isOfService };
  return { resources, ...mark, gpus: gpusOf(resources), avoid: [], moreThanBytes: null };
}

/** The task's request, adjusted by how its earlier attempts in this epoch failed on their devices. */
export function demandOf(task: Task, devices: readonly Device[]): Demand {
  const plain = plainDemand(task.spec.resources, isService(task));
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
  // An orphaned or cancelled attempt says nothing about the device.
  const last = failed.findLast(({ state }) => state !== "orphaned" && state !== "cancelled");
  if (last === undefined || failureOfAttempt(last)?.code !== "GPU_OOM") return { ...plain, avoid };
  const { vramBytes: _share, ...others } = resources;
  const had = devices
    .filter(({ id }) => last.devices?.includes(id))
    .map(({ memoryBytes }) => memoryBytes ?? 0);
  return { ...plain, resources: { ...others, gpus }, gpus, avoid, moreThanBytes: Math.max(0, ...had) };
}

/** A device as if it worked and could be used: both may come back. */
export function restored(device: Device): Device {
  return { ...device, fault: null, isOff: false };
}

/** Why a device can never serve a request, as a predicate for "it"; null where it can. */
export function unsuitable(device: Device, { resources }: Pick<Demand, "resources">): string | null {
  const { gpuModel, gpuMemoryBytes, gpuIds, vramBytes } = resources;
  if (device.isOff === true) return "may not be used now (stint jobs --gpus)";
  if (device.fault !== null) return `has failed: ${device.fault}`;
  if (gpuIds !== undefined && !gpuIds.some((wanted) => isNamedBy(device, wanted)))
    return "is not one of those named";
  if (gpuModel !== undefined && !device.name.toLowerCase().includes(gpuModel.toLowerCase()))
    return `is a ${device.name}`;
  const leastBytes = Math.max(gpuMemoryBytes ?? 0, vramBytes ?? 0);
  if (leastBytes > 0 && device.memoryBytes === null) return "does not report its memory";
  return (device.memoryBytes ?? 0) < leastBytes ? "has too little memory" : null;
}

function isNamedBy(device: Device, wanted: string): boolean {
  return /^\d+$/.test(wanted) ? device.index === Number(wanted) : device.id.startsWith(wanted);
}

/**
 * The devices that may serve a demand: the suitable ones, without those that failed under the task, and only larger ones after an
 * out-of-memory; each restriction applies only where enough devices are left.
 */
export function candidates(demand: Demand, devices: readonly Device[]): Device[] {
  const suitable = devices.filter((device) => unsuitable(device, demand) === null);
  const preferred =
    enough(
      suitable.filter(({ id }) => !demand.avoid.includes(id)),
      demand,
    ) ?? suitable;
  const { moreThanBytes } = demand;
  if (moreThanBytes === null) return preferred;
  return (
    enough(
      preferred.filter(({ memoryBytes }) => (memoryBytes ?? 0) > moreThanBytes),
      demand,
    ) ?? preferred
  );
}

function enough(devices: Device[], { gpus }: Demand): Device[] | null {
  return devices.length >= gpus ? devices : null;
}
