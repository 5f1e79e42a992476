import type { Device } from "../model/device.ts";
import type { TaskId } from "../model/identity.ts";
import { isCollecting, openAttempt, type Task } from "../model/task.ts";
import { candidates, type Demand } from "./demand.ts";
import type { Holding, Machine } from "./input.ts";

/** What is free on a device. */
export interface DeviceRoom {
  readonly device: Device;
  readonly holdings: readonly Holding[];
  /** Free for one more share; null where the device does not report its memory. */
  readonly freeBytes: number | null;
  /** Used by processes that stint did not start, or of attempts that have ended. */
  readonly foreignBytes: number;
  /** True where that is little enough for the device to be assigned whole. */
  readonly isForeignLow: boolean;
  /** True from its release until the next probe. */
  readonly isAwaitingProbe: boolean;
  /** The blocked task that it is reserved for. */
  readonly keptFor: TaskId | null;
}

/** What the active tasks and other homes leave free on the devices. */
export function deviceRooms(machine: Machine, active: readonly Task[]): DeviceRoom[] {
  if (machine.devices.length === 0) return [];
  const holdings = [...active.flatMap(holdingsOf), ...machine.elsewhere];
  return machine.devices.map((device) =>
    roomOf(device, { machine, holdings: holdings.filter((one) => one.device === device.id), keptFor: null }),
  );
}

/** True for a task with an open attempt that holds no resources: paused with its resources released, or collecting. */
export function hasReleased(task: Task): boolean {
  return isCollecting(task) || openAttempt(task)?.paused?.releases === true;
}

/** The shares of devices that the open attempt of a task holds. */
export function holdingsOf(task: Task): Holding[] {
  const attempt = openAttempt(task);
  if (attempt?.devices === undefined || hasReleased(task)) return [];
  const bytes = attempt.resources.vramBytes ?? null;
  const { token, claimedAt } = attempt;
  const share = { token, holder: task.metadata.id, bytes, sinceMs: Date.parse(claimedAt) };
  return attempt.devices.map((device) => ({ device, ...share }));
}

/**
 * A share counts with what was reserved for it or what it uses, whichever is more. Where the driver does not report memory per process,
 * the used memory counts against the reservations of the jobs that run there as a whole; where a process outside stint runs too, it
 * cannot be told whose it is, and all reservations count against what is free.
 */
function roomOf(
  device: Device,
  around: { machine: Machine; holdings: readonly Holding[]; keptFor: TaskId | null },
): DeviceRoom {
  const { machine, holdings, keptFor } = around;
  const usedByToken = new Map(device.held.map(({ token, bytes }) => [token, bytes]));
  const leftovers = device.held.filter(({ token }) => !holdings.some((one) => one.token === token));
  const outsiders = [...device.foreign, ...leftovers];
  const isReported = [...device.held, ...device.foreign].every(({ bytes }) => bytes !== null);
  const total = device.memoryBytes;
  const usedBytes = total === null || device.freeBytes === null ? 0 : total - device.freeBytes;
  const isHeldWhole = holdings.some(({ bytes }) => bytes === null);
  const sharesOf = (some: readonly Holding[]): number =>
    sum(some.map(({ token, bytes }) => Math.max(bytes ?? 0, usedByToken.get(token) ?? 0)));
  // A job whose processes do not use the device yet has no part in the used memory.
  const present = sharesOf(holdings.filter(({ token }) => usedByToken.has(token)));
  const outside = sum(outsiders.map(({ bytes }) => bytes ?? 0));
  // Unaccounted memory is of a process outside stint, if there is one, and never of a job that holds the whole device.
  const isOurs = isHeldWhole || (holdings.length > 0 && outsiders.length === 0);
  const foreignBytes = isReported || isOurs ? outside : Math.max(outside, usedBytes - present);
  const excess = isReported ? 0 : Math.max(0, usedBytes - present - foreignBytes);
  const byPromise = total === null ? null : total - sharesOf(holdings) - foreignBytes - excess;
  // Of what is free now, this much is reserved for jobs that do not use all of their shares yet.
  const due = sum(
    holdings.map(({ token, bytes }) => Math.max(0, (bytes ?? 0) - (usedByToken.get(token) ?? 0))),
  );
  const byUse = device.freeBytes === null || (isOurs && !isReported) ? null : device.freeBytes - due;
  const freeBytes = byPromise === null ? null : Math.max(0, Math.min(byPromise, byUse ?? byPromise));
  return {
    device,
    holdings,
    freeBytes: isHeldWhole ? 0 : freeBytes,
    foreignBytes,
    isForeignLow: foreignBytes <= machine.policy.foreignMaxBytes,
    isAwaitingProbe: machine.awaitingProbe.has(device.id),
    keptFor,
  };
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

/** True where a device can serve a demand, by a share or as a whole, now. */
export function isDeviceFree(room: DeviceRoom, { resources }: Pick<Demand, "resources">): boolean {
  if (room.keptFor !== null || room.isAwaitingProbe) return false;
  const { vramBytes } = resources;
  if (vramBytes === undefined) return room.holdings.length === 0 && room.isForeignLow;
  return room.freeBytes !== null && room.freeBytes >= vramBytes;
}

/**
 * The devices for a demand; null where not enough are free. A share goes to a device that is shared already, and both shares and whole
 * devices are assigned best-fit, so that whole and large devices stay free for tasks that need them.
 */
export function chooseDevices(demand: Demand, rooms: readonly DeviceRoom[]): DeviceRoom[] | null {
  const free = candidateRooms(demand, rooms).filter((room) => isDeviceFree(room, demand));
  if (free.length < demand.gpus) return null;
  return free
    .toSorted(
      (left, right) =>
        Math.sign(right.holdings.length) - Math.sign(left.holdings.length) ||
        (left.device.memoryBytes ?? 0) - (right.device.memoryBytes ?? 0) ||
        (left.freeBytes ?? 0) - (right.freeBytes ?? 0) ||
        left.device.index - right.device.index,
    )
    .slice(0, demand.gpus);
}

/** The rooms of the devices that may serve a demand. */
export function candidateRooms(demand: Demand, rooms: readonly DeviceRoom[]): DeviceRoom[] {
  const ids = new Set(
    candidates(
      demand,
      rooms.map(({ device }) => device),
    ).map(({ id }) => id),
  );
  return rooms.filter(({ device }) => ids.has(device.id));
}

/** The rooms after a placement. */
export function withHoldings(
  rooms: readonly DeviceRoom[],
  taken: readonly Holding[],
  machine: Machine,
): DeviceRoom[] {
  if (taken.length === 0) return [...rooms];
  return rooms.map((room) => {
    const own = taken.filter(({ device }) => device === room.device.id);
    if (own.length === 0) return room;
    return roomOf(room.device, { machine, holdings: [...room.holdings, ...own], keptFor: room.keptFor });
  });
}

/**
 * Reserves devices for a blocked task, so that no further share is placed on them; null where that cannot give it enough. It reserves
 * those whose newest share is the oldest: as no share is added, the next turn reserves the same ones, and all are free once what runs
 * there now has ended.
 */
export function reserveDevices(
  rooms: readonly DeviceRoom[],
  demand: Demand,
  keptFor: TaskId,
): DeviceRoom[] | null {
  if (demand.gpus === 0) return [...rooms];
  const usable = candidateRooms(demand, rooms).filter((room) => isForUs(room, demand));
  if (usable.length < demand.gpus) return null;
  const ranked = usable.map((room) => ({
    id: room.device.id,
    index: room.device.index,
    takenMs: isDeviceFree(room, demand) ? Number.NEGATIVE_INFINITY : newestMs(room),
  }));
  ranked.sort((left, right) => compare(left.takenMs, right.takenMs) || left.index - right.index);
  const kept = new Set(ranked.slice(0, demand.gpus).map(({ id }) => id));
  return rooms.map((room) => (kept.has(room.device.id) ? { ...room, keptFor } : room));
}

/** True where only jobs of stint occupy a device: when processes outside stint release theirs is unknown. */
function isForUs(room: DeviceRoom, { resources: { vramBytes } }: Demand): boolean {
  if (vramBytes === undefined) return room.isForeignLow;
  return (room.device.memoryBytes ?? 0) - room.foreignBytes >= vramBytes;
}

function newestMs({ holdings }: DeviceRoom): number {
  return holdings.reduce(
    (newest, { sinceMs = Number.POSITIVE_INFINITY }) => Math.max(newest, sinceMs),
    Number.NEGATIVE_INFINITY,
  );
}

/** Like a subtraction, but defined for infinities. */
function compare(left: number, right: number): number {
  return left === right ? 0 : left < right ? -1 : 1;
}
