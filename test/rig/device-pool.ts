import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { DevicePool } from "../../src/daemon/devices/device-pool.ts";
import type { InventoryKeeper } from "../../src/daemon/devices/inventory.ts";
import { readShares } from "../../src/machine/shares.ts";
import type { Task } from "../../src/model/task.ts";
import type { JobsRig } from "./fake-runner.ts";

/** Gives a supervisor a pool of devices that looks at none; returns the tokens of the attempts that hold some now. */
export function withDevices({ home, supervisor }: JobsRig): () => string[] {
  const { clock, random, lock } = supervisor.context;
  const shares = join(home.path, "shares");
  mkdirSync(shares);
  const keeper = { latest: null, refresh: () => Promise.resolve() } as unknown as InventoryKeeper;
  const rest = { clock, random, owner: lock.owner, nudge: supervisor.nudge };
  supervisor.devices = new DevicePool({ keeper, shares, home: home.layout.home, ...rest });
  return () => readShares(shares).map(({ token }) => token);
}

/** Gives the pool the devices of these tasks, as if they alone were active. */
export function adoptDevices({ supervisor }: JobsRig, active: readonly Task[]): void {
  supervisor.devices?.adopt({ active, arrivals: supervisor.queue.arrivals });
}
