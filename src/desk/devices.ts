import type { Settings } from "../intake/default-settings.ts";
import { ok, type Result } from "../lib/result.ts";
import { hidingIn, withUnusedOff } from "../machine/choose.ts";
import { lookedFor, probeDevices } from "../machine/probe.ts";
import { ALL_DEVICES, type Device, type DeviceRules, type Inventory } from "../model/device.ts";
import type { Problem } from "../model/errors.ts";
import type { TaskId } from "../model/identity.ts";
import { openAttempt, type Task } from "../model/task.ts";
import type { Holding } from "../plan/input.ts";
import { tryFs } from "../store/fs-errors.ts";
import { openHome } from "../store/home.ts";
import { readInventory } from "../store/inventory-file.ts";
import type { Layout } from "../store/layout.ts";
import { lockOwner } from "../store/lock-owner.ts";
import { readTasks } from "../store/reader.ts";
import type { Caller } from "./caller.ts";
import { configSeen, settingsInForce } from "./config-seen.ts";
import { heldElsewhere } from "./elsewhere.ts";

export interface TaskOnDevice {
  readonly id: TaskId;
  /** Its declared share; null where the whole device is assigned to it, or none of it. */
  readonly reservedBytes: number | null;
  /** True where the device is assigned to it. */
  readonly isGiven: boolean;
  /** Memory that its processes use now; null where unknown, or none. */
  readonly usedBytes: number | null;
}

/** A device with the tasks on it, and the shares of jobs in other homes. */
export type DeviceWithTasks = Device & {
  readonly tasks: readonly TaskOnDevice[];
  readonly elsewhere: readonly Pick<Holding, "holder" | "bytes">[];
};

/** The GPUs of this machine that a home uses. */
export interface DevicesSeen {
  readonly inventory: Inventory;
  readonly devices: readonly DeviceWithTasks[];
  /** Restrictions that may hide devices of the machine, as clauses. */
  readonly narrowedBy: readonly string[];
}

/** Returns the devices of the supervisor's last probe; probes itself where `isFresh` or there is none. A missing home restricts nothing. */
export async function seeDevices(
  caller: Caller,
  path: string,
  { isFresh }: { readonly isFresh: boolean },
): Promise<Result<DevicesSeen, Problem>> {
  const home = openHome(path);
  if (!home.ok && home.error.code !== "HOME_MISSING") return home;
  const settings = home.ok ? await settingsInForce(caller, home.value) : null;
  if (settings?.ok === false) return settings;
  const { rules, gpus } = home.ok ? await rulesSeen(caller, home.value, settings?.value) : NO_RULES;
  // Other commands report an unreadable folder; the GPUs can be shown all the same.
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
    devices: withUnusedOff(inventory.devices, gpus).map((device) => ({
      ...device,
      tasks: tasksOn(device, active),
      elsewhere: others
        .filter((one) => one.device === device.id)
        .map(({ holder, bytes }) => ({ holder, bytes })),
    })),
    narrowedBy: [...hidingIn(env), ...namesOf(rules)],
  });
}

const NO_RULES = { rules: ALL_DEVICES, gpus: null };

/** Which GPUs the supervisor uses, and which of them jobs may get now. */
async function rulesSeen(
  caller: Caller,
  layout: Layout,
  given: Settings | undefined,
): Promise<{ readonly rules: DeviceRules; readonly gpus: readonly string[] | null }> {
  const owner = lockOwner(layout);
  const { scheduling } = await configSeen(caller, layout, { owner, ...(given !== undefined && { given }) });
  return { rules: scheduling.deviceRules, gpus: scheduling.gpus };
}

function namesOf({ allow, exclude }: DeviceRules): string[] {
  return [
    ...(allow === null ? [] : [`gpus.allow in config.yaml is [${allow.join(", ")}]`]),
    ...(exclude.length === 0 ? [] : [`gpus.exclude in config.yaml is [${exclude.join(", ")}]`]),
  ];
}

/** The tasks that a device is assigned to, and those whose processes use it without an assignment. */
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

/** The message where no device was found. */
export function noDeviceFound({ narrowedBy }: DevicesSeen): string {
  const why = narrowedBy.length === 0 ? "" : ` (${narrowedBy.join(", ")})`;
  return `no GPU found: looked for ${lookedFor()}${why}`;
}
