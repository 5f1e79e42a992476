import { withUnusedOff } from "../machine/choose.ts";
import { readConditions } from "../machine/conditions.ts";
import type { Inventory } from "../model/device.ts";
import type { Owner } from "../model/owner.ts";
import { gpusOf } from "../model/resources.ts";
import type { Draft } from "../model/submission.ts";
import type { Machine, SchedulingConfig } from "../plan/input.ts";
import { inventoryOf, readInventory } from "../store/inventory-file.ts";
import type { Layout } from "../store/layout.ts";
import type { Caller } from "./caller.ts";
import { heldElsewhere } from "./elsewhere.ts";

/** The machine as the supervisor of a home last probed it; without a supervisor, as it is now. */
export async function seenMachine(
  caller: Caller,
  layout: Layout,
  { scheduling, owner }: { readonly scheduling: SchedulingConfig; readonly owner: Owner | null },
): Promise<Machine> {
  const seen =
    owner?.capacity === undefined ? readInventory(layout, caller.clock.now()) : inventoryOf(layout, owner);
  const machine = machineWith(seen, scheduling);
  if (machine.devices.length === 0) return machine;
  return { ...machine, elsewhere: await heldElsewhere(caller, layout.home) };
}

/** The same for a submit: GPUs are probed now where a draft asks for some and no fresh inventory exists. */
export async function machineFor(
  caller: Caller,
  layout: Layout,
  wanted: {
    readonly drafts: readonly Draft[];
    readonly scheduling: SchedulingConfig;
    readonly owner: Owner | null;
  },
): Promise<Machine> {
  const { drafts, scheduling } = wanted;
  const known = await seenMachine(caller, layout, wanted);
  if (known.isProbed || drafts.every(({ spec }) => gpusOf(spec.resources) === 0)) return known;
  const { clock, env } = caller;
  const { probeDevices } = await import("../machine/probe.ts");
  return machineWith(
    await probeDevices({ clock, env, rules: scheduling.deviceRules, isOwn: () => false }),
    scheduling,
  );
}

/** After a failed probe without devices, the machine counts as not probed. */
function machineWith(seen: Inventory | null, scheduling: SchedulingConfig): Machine {
  const isProbed = seen !== null && (seen.problem === null || seen.devices.length > 0);
  const conditions = readConditions(scheduling.work);
  return {
    ...scheduling,
    conditions,
    devices: withUnusedOff(seen?.devices ?? [], scheduling.gpus),
    isProbed,
    elsewhere: [],
    awaitingProbe: new Set(),
  };
}
