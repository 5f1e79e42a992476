import { counted } from "../lib/counted.ts";
import { type Capacity, type Resources, shareOf } from "../model/resources.ts";
import { isService } from "../model/service.ts";
import { openAttempt, type Task } from "../model/task.ts";
import { candidates, type Demand, demandOf, restored } from "./demand.ts";
import {
  chooseDevices,
  type DeviceRoom,
  deviceRooms,
  hasReleased,
  reserveDevices,
  withHoldings,
} from "./devices.ts";
import type { Holding, Machine } from "./input.ts";

/** What is free; negative where more is in use than there is, as after a restart with fewer jobs. */
export interface FreeResources extends Capacity {
  readonly devices: readonly DeviceRoom[];
}

/** One resource that is short, in the unit of its name. */
export type ResourceShortage =
  | {
      readonly resource: "jobs" | "cpus" | "memoryBytes";
      readonly wanted: number;
      readonly free: number;
      readonly total: number;
    }
  | { readonly resource: "gpus"; readonly demand: Demand; readonly rooms: readonly DeviceRoom[] };

/** A place for the next attempt of a task. */
export interface Placement {
  readonly task: Task;
  /** The resources reserved for it. */
  readonly resources: Resources;
  /** `Device.id` of each GPU. */
  readonly devices: readonly string[];
}

/** What the active tasks leave free. */
export function roomBeside(active: readonly Task[], machine: Machine): FreeResources {
  let room: FreeResources = { ...machine.capacity, devices: deviceRooms(machine, active) };
  for (const task of active) {
    if (!hasReleased(task))
      room = withoutShare(room, openAttempt(task)?.resources ?? task.spec.resources, isService(task));
  }
  return room;
}

/** Why a paused task that released its resources cannot be resumed beside the active tasks, as a clause; null where it can. */
export function shortOfRoom(task: Task, active: readonly Task[], machine: Machine): string | null {
  const open = openAttempt(task);
  if (open === null || !hasReleased(task)) return null;
  const { resources, devices = [] } = open;
  const room = roomBeside(active, machine);
  const { jobs, cpus } = shareOf(resources, isService(task));
  if (room.jobs < jobs) return "all job slots are in use";
  if (room.cpus < cpus) return `it needs ${counted(cpus, "CPU")}, ${room.cpus} are free`;
  if (room.memoryBytes < (resources.memoryBytes ?? 0)) return "its memory is reserved for others";
  for (const id of devices) {
    const found = room.devices.find(({ device }) => device.id === id);
    const { vramBytes } = resources;
    const fits =
      found === undefined ||
      found.holdings.length === 0 ||
      (vramBytes !== undefined && (found.freeBytes ?? 0) >= vramBytes);
    if (!fits) return `its GPU ${id} is held by ${found.holdings.map(({ holder }) => holder).join(", ")}`;
  }
  return null;
}

/** A placement for a task in the free resources, or what is short for one. */
export function place(
  task: Task,
  room: FreeResources,
  machine: Machine,
):
  | { readonly placement: Placement }
  | { readonly short: readonly ResourceShortage[]; readonly demand: Demand } {
  const demand = demandOf(task, machine.devices);
  const short = shortages(demand, room, machine);
  const devices = short.length > 0 || demand.gpus === 0 ? [] : (chooseDevices(demand, room.devices) ?? []);
  if (short.length > 0) return { short, demand };
  return {
    placement: { task, resources: demand.resources, devices: devices.map(({ device }) => device.id) },
  };
}

/** The free resources after a placement. */
export function without(
  room: FreeResources,
  { task, resources, devices }: Placement,
  machine: Machine,
): FreeResources {
  const holdings = devices.map(
    (device): Holding => ({
      device,
      token: "",
      holder: task.metadata.id,
      bytes: resources.vramBytes ?? null,
    }),
  );
  return {
    ...withoutShare(room, resources, isService(task)),
    devices: withHoldings(room.devices, holdings, machine),
  };
}

function withoutShare(room: FreeResources, used: Resources, isOfService: boolean): FreeResources {
  const { jobs, cpus } = shareOf(used, isOfService);
  return {
    ...room,
    jobs: room.jobs - jobs,
    cpus: room.cpus - cpus,
    memoryBytes: room.memoryBytes - (used.memoryBytes ?? 0),
  };
}

/**
 * What a reservation for a blocked task leaves to those behind it. While GPUs are short, only GPUs are reserved, so that tasks without
 * GPUs do not wait for a GPU; then its CPUs and memory are. A job slot needs no reservation: the end that frees the resources frees one
 * too. Null where a reservation cannot give it enough GPUs.
 */
export function reservedFor(
  task: Task,
  { short, demand }: { readonly short: readonly ResourceShortage[]; readonly demand: Demand },
  room: FreeResources,
): FreeResources | null {
  const devices = reserveDevices(room.devices, demand, task.metadata.id);
  if (devices === null) return null;
  if (short.some(({ resource }) => resource === "gpus")) return { ...room, devices };
  return { ...withoutShare(room, demand.resources, isService(task)), jobs: room.jobs, devices };
}

/** All resources that are short for a demand; empty where it fits. */
export function shortages(demand: Demand, room: FreeResources, machine: Machine): ResourceShortage[] {
  const { resources, isOfService = false } = demand;
  const share = shareOf(resources, isOfService);
  const needs = [
    ["jobs", share.jobs],
    ["cpus", share.cpus],
    ["memoryBytes", resources.memoryBytes ?? 0],
  ] as const;
  const short = needs
    .filter(([resource, amount]) => amount > room[resource] && amount > 0)
    .map(
      ([resource, amount]): ResourceShortage => ({
        resource,
        wanted: amount,
        free: Math.max(0, room[resource]),
        total: machine.capacity[resource],
      }),
    );
  if (demand.gpus > 0 && chooseDevices(demand, room.devices) === null)
    short.push({ resource: "gpus", demand, rooms: room.devices });
  return short;
}

/** The resources of which the machine has too few for a demand even when idle; empty where it has enough. */
export function unsatisfiable(demand: Demand, machine: Machine): ResourceShortage[] {
  const short = shortages({ ...demand, gpus: 0 }, { ...machine.capacity, devices: [] }, machine);
  // A failed device may recover; one that others use will be free.
  const areThere = (): boolean => candidates(demand, machine.devices.map(restored)).length >= demand.gpus;
  const isThere = demand.gpus === 0 || !machine.isProbed || areThere();
  if (isThere) return short;
  return [...short, { resource: "gpus", demand, rooms: deviceRooms({ ...machine, elsewhere: [] }, []) }];
}
