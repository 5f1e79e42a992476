import { formatBytes } from "../../lib/bytes.ts";
import { counted } from "../../lib/counted.ts";
import { localTime } from "../../lib/local-time.ts";
import type { TaskId } from "../../model/identity.ts";
import { type DeviceBlocker, deviceBlockers } from "../../plan/device-blocker.ts";
import type { DeviceRoom } from "../../plan/devices.ts";
import type { ResourceShortage } from "../../plan/place.ts";
import { describeGpus } from "../../plan/shortage.ts";

/** When running tasks end at the latest, in ms since the epoch; those without a timeout are absent. */
export type Holders = ReadonlyMap<TaskId, number>;

export function nameOfShortage(short: ResourceShortage): string {
  return { jobs: "a job slot", cpus: "CPUs", memoryBytes: "memory", gpus: "a GPU" }[short.resource];
}

/** What is short and which tasks hold it, in sentences. */
export function shortageLines(
  short: ResourceShortage,
  around: { readonly nowMs: number; readonly holders: Holders },
): string[] {
  switch (short.resource) {
    case "jobs":
      return [
        `Waiting for a job slot: ${short.total === 1 ? "the only one is" : `all ${short.total} are`} in use (more: stint jobs N).`,
      ];
    case "memoryBytes":
      return [
        `Waiting for ${formatBytes(short.wanted)} of memory: ${formatBytes(short.free)} of ${formatBytes(short.total)} free.`,
      ];
    case "cpus":
      return [`Waiting for ${counted(short.wanted, "CPU")}: ${short.free} of ${short.total} free.`];
    case "gpus": {
      const head = `Waiting for ${describeGpus(short.demand)}`;
      if (short.rooms.length === 0)
        return [`${head}: the supervisor has not read the GPUs yet (see stint doctor).`];
      const devices = deviceBlockers(short.demand, short.rooms);
      return [`${head}:`, ...devices.map((one) => `  ${deviceLine(one, around)}`)];
    }
  }
}

interface DeviceState {
  readonly room: DeviceRoom;
  readonly blocker: DeviceBlocker | null;
}

function deviceLine(
  { room, blocker }: DeviceState,
  around: { readonly nowMs: number; readonly holders: Holders },
): string {
  const gpu = `gpu ${room.device.index}`;
  if (blocker === null) return `${gpu} is free`;
  switch (blocker.type) {
    case "unsuitable":
      return `${gpu} ${blocker.why}`;
    case "avoided":
      return `${gpu} failed its last attempt, so it gets another one`;
    case "tooSmall":
      return `${gpu} was too small for its last attempt`;
    case "keptFor":
      return `${gpu} is reserved for ${blocker.task}, which has waited long`;
    case "awaitingProbe":
      return `${gpu} was just released and is being checked`;
    case "held":
    case "foreign": {
      const parts = [holdersPart(room, around), foreignPart(room)].filter((part) => part !== null);
      if (blocker.freeBytes === null)
        return `${gpu} ${parts.map((part) => `is used by ${part}`).join(" and ")}`;
      return `${gpu} has ${formatBytes(blocker.freeBytes)} free (${parts.map((part) => `used by ${part}`).join("; ")})`;
    }
  }
}

function holdersPart(
  { holdings }: DeviceRoom,
  { nowMs, holders }: { readonly nowMs: number; readonly holders: Holders },
): string | null {
  if (holdings.length === 0) return null;
  return holdings
    .map(({ holder, bytes }) => {
      const untilMs = holders.get(holder as TaskId);
      const share = bytes === null ? "" : ` with ${formatBytes(bytes)}`;
      return `${holder}${share}${untilMs === undefined ? "" : ` until about ${localTime(untilMs, nowMs)}`}`;
    })
    .join(", ");
}

function foreignPart({ device, foreignBytes }: DeviceRoom): string | null {
  if (foreignBytes === 0) return null;
  const pids = device.foreign.map(({ pid }) => pid);
  const who =
    pids.length === 1
      ? `a process outside stint, pid ${pids[0]}`
      : `processes outside stint, pids ${pids.join(", ")}`;
  return `${pids.length === 0 ? "something outside stint" : who} (${formatBytes(foreignBytes)})`;
}
