import type { Clock } from "../../lib/clock.ts";
import { isAlive } from "../../lib/host.ts";
import type { Random } from "../../lib/random.ts";
import { postShare, readShares, withdrawShare } from "../../machine/shares.ts";
import { isSimulated } from "../../machine/simulated.ts";
import type { Device, DeviceShare } from "../../model/device.ts";
import type { Owner } from "../../model/owner.ts";
import { openAttempt, type Task } from "../../model/task.ts";
import type { Holding, Machine } from "../../plan/input.ts";
import type { Placement } from "../../plan/place.ts";
import { survivors } from "../../run/tree.ts";
import { tryFs } from "../../store/fs-errors.ts";
import type { InventoryKeeper } from "./inventory.ts";

/** A tool that does not answer does not keep a device from everybody for ever. */
const MAX_SETTLE_MS = 10_000;
/** Two homes that wanted one device at the same time both stand back, for times that differ. */
const STAND_BACK_MS = 300;

export interface DevicePoolOptions {
  readonly keeper: InventoryKeeper;
  /** Where the homes of this user note their shares; null where there is no such place. */
  readonly shares: string | null;
  readonly home: string;
  /** The holder. */
  readonly owner: Pick<Owner, "pid" | "startTime" | "bootId">;
  readonly clock: Clock;
  readonly random: Random;
  readonly nudge: () => void;
}

/** The devices as this holder may give them out: what was seen of them, who has them, and what was given back just now. */
export class DevicePool {
  readonly #options: DevicePoolOptions;
  /** When each device that was given back counts as looked at, whatever the tools do; as `Clock.awakeMs`. */
  readonly #awaitingProbe = new Map<string, number>();
  #standBackUntilMs = 0;
  #elsewhere: DeviceShare[] = [];

  constructor(options: DevicePoolOptions) {
    this.#options = options;
  }

  /** True where jobs without GPUs have to be kept away from GPUs: there are some, or there may be. */
  get hidesDevices(): boolean {
    const seen = this.#options.keeper.latest;
    return seen === null || seen.problem !== null || seen.devices.length > 0;
  }

  /** The devices of this machine by their ids; one that is not seen any more is taken for an NVIDIA one. */
  named(ids: readonly string[]): Pick<Device, "id" | "vendor">[] {
    const known = this.#options.keeper.latest?.devices ?? [];
    return ids.map((id) => known.find((device) => device.id === id) ?? { id, vendor: "nvidia" });
  }

  /** What a decision knows of the devices. */
  get view(): Pick<Machine, "devices" | "isProbed" | "elsewhere" | "awaitingProbe"> {
    const { keeper, clock } = this.#options;
    const devices = keeper.latest?.devices ?? [];
    const nowMs = clock.awakeMs();
    for (const [id, untilMs] of this.#awaitingProbe) if (untilMs <= nowMs) this.#awaitingProbe.delete(id);
    if (devices.length > 0) this.#elsewhere = this.#readOthers();
    const isStandingBack = nowMs < this.#standBackUntilMs;
    return {
      devices,
      isProbed: keeper.latest !== null,
      elsewhere: this.#elsewhere.flatMap(shareHoldings),
      awaitingProbe: new Set(isStandingBack ? devices.map(({ id }) => id) : this.#awaitingProbe.keys()),
    };
  }

  /** True for the token of an attempt of another home that has a share. */
  isKnown = (token: string): boolean => this.#elsewhere.some((share) => share.token === token);

  /**
   * Takes the devices of a placement for an attempt; false where another home took one since the plan looked. Each writes
   * its note first and looks at the others' then: of two at the same time at least one sees the other, and stands back.
   */
  take({ task, resources, devices }: Placement, token: string): boolean {
    const { shares } = this.#options;
    if (devices.every(isSimulated) || shares === null) return true;
    const known = new Set(this.#elsewhere.map((share) => share.token));
    const note = this.#note(task, { token, devices, bytes: resources.vramBytes ?? null });
    if (!attempt(() => postShare(shares, note))) return true;
    const rival = this.#readOthers().find(
      (share) =>
        !known.has(share.token) && share.devices.some((id) => !isSimulated(id) && devices.includes(id)),
    );
    if (rival === undefined) return true;
    this.#standBackUntilMs = this.#options.clock.awakeMs() + STAND_BACK_MS * this.#options.random();
    attempt(() => withdrawShare(shares, token));
    return false;
  }

  /** Notes the shares of jobs that an earlier holder started, and takes away what it noted for those that never came to be. */
  adopt(tasks: readonly Task[]): void {
    const { shares, home } = this.#options;
    if (shares === null) return;
    const kept = new Set<string>();
    for (const task of tasks) {
      const open = openAttempt(task);
      if (open?.devices === undefined || open.paused?.releases === true) continue;
      if (open.devices.every(isSimulated)) continue;
      const { token, devices, resources } = open;
      kept.add(token);
      attempt(() =>
        postShare(shares, this.#note(task, { token, devices, bytes: resources.vramBytes ?? null })),
      );
    }
    attempt(() => {
      const left = readShares(shares).filter((share) => share.home === home && !kept.has(share.token));
      for (const { token } of left) withdrawShare(shares, token);
    });
  }

  /** The attempt is over and nothing of it lives: its devices are free once somebody has looked at them. */
  release(token: string, devices: readonly string[]): void {
    const { shares, keeper, clock, nudge } = this.#options;
    if (devices.length === 0) return;
    if (shares !== null) attempt(() => withdrawShare(shares, token));
    const untilMs = clock.awakeMs() + MAX_SETTLE_MS;
    for (const id of devices) this.#awaitingProbe.set(id, untilMs);
    void keeper.refresh().then(() => {
      for (const id of devices) if (this.#awaitingProbe.get(id) === untilMs) this.#awaitingProbe.delete(id);
      nudge();
    });
  }

  #note(
    task: Task,
    share: Pick<DeviceShare, "token" | "bytes"> & { devices: readonly string[] },
  ): DeviceShare {
    const { home, owner } = this.#options;
    const { bootId, pid, startTime } = owner;
    const devices = [...share.devices];
    return { ...share, devices, home, task: task.metadata.id, bootId, supervisor: { pid, startTime } };
  }

  /** The shares of other homes whose jobs live, or are about to; the others are swept up. */
  #readOthers(): DeviceShare[] {
    const { shares, home } = this.#options;
    if (shares === null) return [];
    const { live, dead } = sharesElsewhere(shares, { home, bootId: this.#options.owner.bootId });
    for (const { token } of dead) attempt(() => withdrawShare(shares, token));
    return live;
  }
}

/** The shares of other homes: those whose jobs live or are about to, and the others. A folder that cannot be read has none. */
export function sharesElsewhere(
  folder: string,
  here: { readonly home: string; readonly bootId: string },
): { readonly live: DeviceShare[]; readonly dead: DeviceShare[] } {
  const live: DeviceShare[] = [];
  const dead: DeviceShare[] = [];
  attempt(() => {
    for (const share of readShares(folder)) {
      if (share.home === here.home) continue;
      const isOfThisBoot = share.bootId === here.bootId;
      const isLive = isAlive(share.supervisor) || survivors({ leader: null, token: share.token }).length > 0;
      (isOfThisBoot && isLive ? live : dead).push(share);
    }
  });
  return { live, dead };
}

export function shareHoldings({ token, home, task, devices, bytes }: DeviceShare): Holding[] {
  return devices
    .filter((device) => !isSimulated(device))
    .map((device) => ({ device, token, holder: `${task} of ${home}`, bytes }));
}

/** A folder that does not take a note only costs the agreement with other homes. */
function attempt(action: () => void): boolean {
  return tryFs("agree with other homes on the devices", action).ok;
}
