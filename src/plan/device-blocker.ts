import type { TaskId } from "../model/identity.ts";
import { type Demand, unsuitable } from "./demand.ts";
import { candidateRooms, type DeviceRoom, isDeviceFree } from "./devices.ts";

/** Why a device cannot serve a demand now. */
export type DeviceBlocker =
  | { readonly type: "unsuitable"; readonly why: string }
  /** It failed under this task, and there are enough others. */
  | { readonly type: "avoided" }
  /** The task needs a larger one after an out-of-memory. */
  | { readonly type: "tooSmall" }
  | { readonly type: "keptFor"; readonly task: TaskId }
  | { readonly type: "awaitingProbe" }
  /** Other jobs hold it or shares of it; `freeBytes` is null where the whole is requested, or free memory is unknown. */
  | { readonly type: "held"; readonly freeBytes: number | null }
  /** Only processes outside stint occupy it. */
  | { readonly type: "foreign"; readonly freeBytes: number | null };

/** For each device, why it cannot serve a demand now; null where it can. */
export function deviceBlockers(
  demand: Demand,
  rooms: readonly DeviceRoom[],
): { readonly room: DeviceRoom; readonly blocker: DeviceBlocker | null }[] {
  const candidates = new Set(candidateRooms(demand, rooms));
  return rooms.map((room) => ({
    room,
    blocker: deviceBlockerOf(room, { demand, isCandidate: candidates.has(room) }),
  }));
}

function deviceBlockerOf(
  room: DeviceRoom,
  { demand, isCandidate }: { demand: Demand; isCandidate: boolean },
): DeviceBlocker | null {
  const why = unsuitable(room.device, demand);
  if (why !== null) return { type: "unsuitable", why };
  if (!isCandidate) return { type: demand.avoid.includes(room.device.id) ? "avoided" : "tooSmall" };
  if (isDeviceFree(room, demand)) return null;
  if (room.keptFor !== null) return { type: "keptFor", task: room.keptFor };
  if (room.isAwaitingProbe) return { type: "awaitingProbe" };
  const isHeldWhole = room.holdings.some(({ bytes }) => bytes === null);
  const freeBytes = demand.resources.vramBytes === undefined || isHeldWhole ? null : room.freeBytes;
  return { type: room.holdings.length > 0 ? "held" : "foreign", freeBytes };
}
