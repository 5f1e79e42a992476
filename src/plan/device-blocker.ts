import type { TaskId } from "../model/identity.ts";
import { candidates, type Demand, unsuitable } from "./demand.ts";
import { type DeviceRoom, isDeviceFree } from "./devices.ts";

/** Why one device is not given to a demand now. */
export type DeviceBlocker =
  | { readonly type: "unsuitable"; readonly why: string }
  /** It failed under this task, and others are there. */
  | { readonly type: "avoided" }
  /** A larger one is wanted after it was too small. */
  | { readonly type: "tooSmall" }
  | { readonly type: "keptFor"; readonly task: TaskId }
  | { readonly type: "settling" }
  /** Others have it, or shares of it; `freeBytes` is null where it is wanted whole or tells nothing. */
  | { readonly type: "held"; readonly freeBytes: number | null }
  /** Only processes outside stint are in the way. */
  | { readonly type: "foreign"; readonly freeBytes: number | null };

/** What keeps each device from a demand; null where nothing does. */
export function deviceBlockers(
  demand: Demand,
  rooms: readonly DeviceRoom[],
): { readonly room: DeviceRoom; readonly obstacle: DeviceBlocker | null }[] {
  const ids = new Set(
    candidates(
      demand,
      rooms.map(({ device }) => device),
    ).map(({ id }) => id),
  );
  return rooms.map((room) => ({
    room,
    obstacle: deviceBlockerOf(room, { demand, isCandidate: ids.has(room.device.id) }),
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
  if (room.isAwaitingProbe) return { type: "settling" };
  const isHeldWhole = room.holdings.some(({ bytes }) => bytes === null);
  const freeBytes = demand.resources.vramBytes === undefined || isHeldWhole ? null : room.freeBytes;
  return { type: room.holdings.length > 0 ? "held" : "foreign", freeBytes };
}
