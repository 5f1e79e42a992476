import type { Clock } from "../../lib/clock.ts";
import { isAlive } from "../../lib/host.ts";
import type { Random } from "../../lib/random.ts";
import { postShare, readShares, withdrawShare } from "../../machine/shares.ts";
import { isSimulated } from "../../machine/simulated.ts";
import type { Device, DeviceShare } from "../../model/device.ts";
import type { Owner } from "../../model/owner.ts";
import { openAttempt, type Task } from "../../model/task.ts";
import { hasReleased } from "../../plan/devices.ts";
import type { Holding, Machine } from "../../plan/input.ts";
import type { Placement } from "../../plan/place.ts";
import { survivors } from "../../run/tree.ts";
import { tryFs } from "../../store/fs-errors.ts";
import type { QueueState } from "../state/queue-state.ts";
import type { InventoryKeeper } from "./inventory.ts";

/** A released device is offered again after this time even where the vendor's tool does not answer. */
const MAX_PROBE_WAIT_MS = 10_000;
/** Two homes that claim one device at the same time both back off, each for a random part of this. */
const BACK_OFF_MS = 300;

export interface DevicePoolOptions {
  readonly keeper: InventoryKeeper;
  /** The folder in which the homes of this user publish their shares; null where there is none. */
  readonly shares: string | null;
  readonly home: string;
  /** The supervisor. */
  readonly owner: Pick<Owner, "pid" | "startTime" | "bootId">;
  readonly clock: Clock;
  readonly random: Random;
  readonly nudge: () => void;
}

/**
 * The devices that this supervisor may assign, and the agreement with the other homes of this user on who has which.
 *
 * It owns this home's shares: one file for each open attempt with devices, in a folder that all homes of the user read. Without such a
 * folder, or where it refuses a file, homes only see each other by the memory in use.
 *
 * Order of effects: `take` writes the share, then reads those of other homes, and withdraws it where another home has just taken
 * one of the devices; only then is the claim committed. `release` comes after the end is on record and nothing of the attempt lives:
 * it withdraws the share, probes the devices, and offers them once a probe that began after the release is over.
 *
 * Invariant: of two homes that take a device at the same time, at least one sees the other's share and backs off.
 * A crash leaves shares behind. The next supervisor of this home keeps those of its open attempts and withdraws the others
 * (`adopt`); other homes withdraw a share once its supervisor and all processes of its attempt are gone, or the machine was rebooted.
 */
export class DevicePool {
  readonly #options: DevicePoolOptions;
  /** Released devices that were not probed since, and when they are offered all the same, as `Clock.awakeMs`. */
  readonly #awaitingProbe = new Map<string, number>();
  #backOffUntilMs = 0;
  #elsewhere: DeviceShare[] = [];

  constructor(options: DevicePoolOptions) {
    this.#options = options;
  }

  /** True where GPUs must be hidden from jobs that asked for none: there are some, or there may be. */
  get hidesDevices(): boolean {
    const seen = this.#options.keeper.latest;
    return seen === null || seen.problem !== null || seen.devices.length > 0;
  }

  /** The devices with these ids; one that is no longer listed counts as an NVIDIA device. */
  named(ids: readonly string[]): Pick<Device, "id" | "vendor" | "index">[] {
    const known = this.#options.keeper.latest?.devices ?? [];
    return ids.map((id) => known.find((device) => device.id === id) ?? { id, vendor: "nvidia", index: 0 });
  }

  /** The rules of which devices are used have changed. */
  takeRules(): void {
    this.#options.keeper.takeRules();
  }

  /** The devices as a plan sees them. */
  get view(): Pick<Machine, "devices" | "isProbed" | "elsewhere" | "awaitingProbe"> {
    const { keeper, clock } = this.#options;
    const devices = keeper.latest?.devices ?? [];
    const nowMs = clock.awakeMs();
    for (const [id, untilMs] of this.#awaitingProbe) if (untilMs <= nowMs) this.#awaitingProbe.delete(id);
    if (devices.length > 0) this.#elsewhere = this.#readOthers();
    const isBackingOff = nowMs < this.#backOffUntilMs;
    return {
      devices,
      isProbed: keeper.latest !== null,
      elsewhere: this.#elsewhere.flatMap(shareHoldings),
      awaitingProbe: new Set(isBackingOff ? devices.map(({ id }) => id) : this.#awaitingProbe.keys()),
    };
  }

  /** True for the token of an attempt with a share of another home. */
  isKnown = (token: string): boolean => this.#elsewhere.some((share) => share.token === token);

  /** Takes the devices of a placement for an attempt; false where another home took one of them since the plan was made. */
  take({ task, resources, devices }: Placement, token: string): boolean {
    const { shares } = this.#options;
    if (devices.every(isSimulated) || shares === null) return true;
    const known = new Set(this.#elsewhere.map((share) => share.token));
    const share = this.#shareOf(task, { token, devices, bytes: resources.vramBytes ?? null });
    if (!attempt(() => postShare(shares, share))) return true;
    const rival = this.#readOthers().find(
      (other) =>
        !known.has(other.token) && other.devices.some((id) => !isSimulated(id) && devices.includes(id)),
    );
    if (rival === undefined) return true;
    this.#backOffUntilMs = this.#options.clock.awakeMs() + BACK_OFF_MS * this.#options.random();
    attempt(() => withdrawShare(shares, token));
    return false;
  }

  /**
   * Publishes the shares of adopted jobs, and withdraws those of this home that belong to no open attempt, unless records are unread: one
   * may be that of a job that runs.
   */
  adopt({ active, arrivals }: Pick<QueueState, "active" | "arrivals">): void {
    const { shares, home } = this.#options;
    if (shares === null) return;
    const kept = new Set<string>();
    for (const task of active) {
      const open = openAttempt(task);
      if (open?.devices === undefined || hasReleased(task)) continue;
      if (open.devices.every(isSimulated)) continue;
      const { token, devices, resources } = open;
      kept.add(token);
      attempt(() =>
        postShare(shares, this.#shareOf(task, { token, devices, bytes: resources.vramBytes ?? null })),
      );
    }

    if (arrivals.unread.size > 0) return;
    attempt(() => {
      const left = readShares(shares).filter((share) => share.home === home && !kept.has(share.token));
      for (const { token } of left) withdrawShare(shares, token);
    });
  }

  /** Releases the devices of an attempt whose end is on record; they are offered again after the next probe. */
  release(token: string, devices: readonly string[]): void {
    const { shares, keeper, clock, nudge } = this.#options;
    if (devices.length === 0) return;
    if (shares !== null) attempt(() => withdrawShare(shares, token));
    const untilMs = clock.awakeMs() + MAX_PROBE_WAIT_MS;
    for (const id of devices) this.#awaitingProbe.set(id, untilMs);
    void keeper.refresh().then(() => {
      for (const id of devices) if (this.#awaitingProbe.get(id) === untilMs) this.#awaitingProbe.delete(id);
      nudge();
    });
  }

  #shareOf(
    task: Task,
    share: Pick<DeviceShare, "token" | "bytes"> & { devices: readonly string[] },
  ): DeviceShare {
    const { home, owner } = this.#options;
    const { bootId, pid, startTime } = owner;
    const devices = [...share.devices];
    return { ...share, devices, home, task: task.metadata.id, bootId, supervisor: { pid, startTime } };
  }

  /** The shares of other homes whose supervisor or processes live; the others are withdrawn. */
  #readOthers(): DeviceShare[] {
    const { shares, home } = this.#options;
    if (shares === null) return [];
    const { live, dead } = sharesElsewhere(shares, { home, bootId: this.#options.owner.bootId });
    for (const { token } of dead) attempt(() => withdrawShare(shares, token));
    return live;
  }
}

/** The shares of other homes: live where their supervisor or a process of their attempt is, else dead. An unreadable folder has none. */
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

/** An error of the folder of shares only costs the agreement with other homes; true where there was none. */
function attempt(action: () => void): boolean {
  return tryFs("agree with other homes on the devices", action).ok;
}
