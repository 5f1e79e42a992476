import { formatBytes } from "../lib/bytes.ts";
import { type Capacity, cpusOf, gpusOf, type Resources } from "../model/resources.ts";
import type { Task } from "../model/task.ts";
import { byTurn } from "./order.ts";

/** What is still free; negative where more is taken than there is, as after a restart with fewer jobs. */
export type Room = Capacity;

/** One thing that is short, in the unit of its name. */
export interface Shortage {
  readonly resource: "jobs" | "cpus" | "memoryBytes" | "gpus";
  readonly wanted: number;
  readonly free: number;
  readonly total: number;
}

/** What the active tasks leave of the capacity. */
export function roomBeside(active: readonly Task[], capacity: Capacity): Room {
  return active.reduce((room, task) => without(room, task.spec.resources), capacity);
}

/** Asks ready tasks in the order of their turn, and takes each that fits: those, and the room that they leave. */
export function allot(
  ready: readonly Task[],
  { active, capacity }: { readonly active: readonly Task[]; readonly capacity: Capacity },
): { readonly tasks: Task[]; readonly room: Room } {
  let room = roomBeside(active, capacity);
  const tasks: Task[] = [];
  for (const task of ready.toSorted(byTurn)) {
    if (room.jobs <= 0) break;
    if (shortages(task.spec.resources, room, capacity).length > 0) continue;
    tasks.push(task);
    room = without(room, task.spec.resources);
  }
  return { tasks, room };
}

/** The room once one more task has taken its share. */
export function without(room: Room, taken: Resources): Room {
  return {
    jobs: room.jobs - 1,
    cpus: room.cpus - cpusOf(taken),
    memoryBytes: room.memoryBytes - (taken.memoryBytes ?? 0),
  };
}

/** Everything that is short for a request; empty where it fits. */
export function shortages(wanted: Resources, room: Room, capacity: Capacity): Shortage[] {
  const needs: readonly (readonly [Shortage["resource"], number])[] = [
    ["jobs", 1],
    ["cpus", cpusOf(wanted)],
    ["memoryBytes", wanted.memoryBytes ?? 0],
    ["gpus", gpusOf(wanted)],
  ];
  return needs
    .filter(([resource, amount]) => amount > (resource === "gpus" ? 0 : room[resource]) && amount > 0)
    .map(([resource, amount]) => ({
      resource,
      wanted: amount,
      free: resource === "gpus" ? 0 : Math.max(0, room[resource]),
      total: resource === "gpus" ? 0 : capacity[resource],
    }));
}

/** What is short, as a part of a sentence: `asks for 8 CPUs, this machine has 2`. */
export function describeShortage({ resource, wanted, total }: Shortage): string {
  switch (resource) {
    case "jobs":
      return "needs a place, no job may run at all";
    case "cpus":
      return `asks for ${wanted} CPUs, this machine has ${total}`;
    case "memoryBytes":
      return `asks for ${formatBytes(wanted)} of memory, this machine has ${formatBytes(total)}`;
    case "gpus":
      return `asks for ${wanted} GPUs, and this stint does not manage GPUs yet`;
  }
}
