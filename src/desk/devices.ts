import { ok, type Result } from "../lib/result.ts";
import { hidingIn } from "../machine/choose.ts";
import { lookedFor, probeDevices } from "../machine/probe.ts";
import { ALL_DEVICES, type Device, type DeviceRules, type Inventory } from "../model/device.ts";
import type { Problem } from "../model/errors.ts";
import type { TaskId } from "../model/identity.ts";
import { openAttempt, type Task } from "../model/task.ts";
import type { Holding } from "../plan/input.ts";
import { tryFs } from "../store/fs-errors.ts";
import { openHome } from "../store/home.ts";
import { readInventory } from "../store/inventory-file.ts";
import { readTasks } from "../store/reader.ts";
import type { Caller } from "./caller.ts";
import { heldElsewhere } from "./elsewhere.ts";
import { readSettings } from "./settings.ts";

/** A task on a device. */
export interface TaskOnDevice {
  readonly id: TaskId;
  /** Its declared share; null where it has the device whole, or runs on it without having been given it. */
  readonly reservedBytes: number | null;
  /** True where the device was given to it. */
  readonly isGiven: boolean;
  /** What its processes hold now; null where that is unknown, or nothing. */
  readonly usedBytes: number | null;
}

/** A device with the tasks on it, and what jobs of other homes have of it. */
export type DeviceWithTasks = Device & {
  readonly tasks: readonly TaskOnDevice[];
  readonly elsewhere: readonly Pick<Holding, "holder" | "bytes">[];
};

/** What can be said of the GPUs of this machine. */
export interface DevicesSeen {
  readonly inventory: Inventory;
  readonly devices: readonly DeviceWithTasks[];
  /** Why devices that the machine has may not be among them, as parts of a sentence. */
  readonly narrowedBy: readonly string[];
}

/** Sees the devices: as the supervisor just did, else with our own eyes; a home that is not there narrows nothing. */
export async function seeDevices(
  caller: Caller,
  path: string,
  { isFresh }: { readonly isFresh: boolean },
): Promise<Result<DevicesSeen, Problem>> {
  const home = openHome(path);
  if (!home.ok && home.error.code !== "HOME_MISSING") return home;
  const settings = home.ok ? await readSettings(caller, home.value) : null;
  if (settings?.ok === false) return settings;
  const rules = settings?.value.devices ?? ALL_DEVICES;
  // A folder that cannot be read is for others to tell of: the GPUs are there all the same.
  const running = home.ok
    ? tryFs("read the running tasks", () => readTasks(home.value, ["running"]))
    : ok([]);
  const active = running.ok ? running.value : [];
  const tokens = new Set(active.map((task) => openAttempt(task)?.token));
  const known = home.ok && !isFresh ? readInventory(home.value, caller.clock.now()) : null;
  const { clock, env } = caller;
  const inventory = known ?? (await probeDevices({ clock, env, rules, isOwn: (token) => tokens.has(token) }));
  const others = inventory.devices.length === 0 ? [] : await heldElsewhere(caller, path);
  return ok({
    inventory,
    devices: inventory.devices.map((device) => ({
      ...device,
      tasks: tasksOn(device, active),
      elsewhere: others
        .filter((one) => one.device === device.id)
        .map(({ holder, bytes }) => ({ holder, bytes })),
    })),
    narrowedBy: [...hidingIn(env), ...namesOf(rules)],
  });
}

function namesOf({ allow, exclude }: DeviceRules): string[] {
  return [
    ...(allow === null ? [] : [`gpus.allow in config.yaml is [${allow.join(", ")}]`]),
    ...(exclude.length === 0 ? [] : [`gpus.exclude in config.yaml is [${exclude.join(", ")}]`]),
  ];
}

/** The tasks that were given a device, and those whose processes are on it all the same. */
export function tasksOn(device: Device, active: readonly Task[]): TaskOnDevice[] {
  return active.flatMap((task): TaskOnDevice[] => {
    const attempt = openAttempt(task);
    const held = device.held.find(({ token }) => token === attempt?.token);
    const isGiven = attempt?.devices?.includes(device.id) === true;
    if (attempt === null || (!isGiven && held === undefined)) return [];
    const reservedBytes = isGiven ? (attempt.resources.vramBytes ?? null) : null;
    return [{ id: task.metadata.id, reservedBytes, isGiven, usedBytes: held?.bytes ?? null }];
  });
}

/** What there is to say where no device was found. */
export function noDeviceFound({ narrowedBy }: DevicesSeen): string {
  const why = narrowedBy.length === 0 ? "" : ` (${narrowedBy.join(", ")})`;
  return `no GPU found: looked for ${lookedFor()}${why}`;
}
