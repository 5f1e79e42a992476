import { readConditions } from "../machine/conditions.ts";
import type { Inventory } from "../model/device.ts";
import type { Owner } from "../model/owner.ts";
import { gpusOf } from "../model/resources.ts";
import type { Draft } from "../model/submission.ts";
import type { Machine, SchedulingConfig } from "../plan/input.ts";
import { inventoryOf, readInventory } from "../store/inventory-file.ts";
import type { Layout } from "../store/layout.ts";
import type { Context } from "./context.ts";
import { heldElsewhere } from "./elsewhere.ts";

/** The machine as whoever supervises a home goes by it; with nobody there, as it was seen just now. */
export async function seenMachine(
  context: Context,
  layout: Layout,
  { scheduling, owner }: { readonly scheduling: SchedulingConfig; readonly owner: Owner | null },
): Promise<Machine> {
  const seen =
    owner?.capacity === undefined ? readInventory(layout, context.clock.now()) : inventoryOf(layout, owner);
  const machine = machineWith(seen, scheduling);
  if (machine.devices.length === 0) return machine;
  return { ...machine, elsewhere: await heldElsewhere(context, layout.home) };
}

/** The same for who wants to queue: GPUs that nobody has looked at just now are looked at where a draft wants some. */
export async function machineFor(
  context: Context,
  layout: Layout,
  wanted: {
    readonly drafts: readonly Draft[];
    readonly scheduling: SchedulingConfig;
    readonly owner: Owner | null;
  },
): Promise<Machine> {
  const { drafts, scheduling } = wanted;
  const known = await seenMachine(context, layout, wanted);
  if (known.isProbed || drafts.every(({ spec }) => gpusOf(spec.resources) === 0)) return known;
  const { clock, env } = context;
  const { probeDevices } = await import("../machine/probe.ts");
  return machineWith(
    await probeDevices({ clock, env, rules: scheduling.deviceRules, isOwn: () => false }),
    scheduling,
  );
}

/** A tool that does not answer says nothing of what there is. */
function machineWith(seen: Inventory | null, scheduling: SchedulingConfig): Machine {
  const isProbed = seen !== null && (seen.problem === null || seen.devices.length > 0);
  const conditions = readConditions(scheduling.work);
  return {
    ...scheduling,
    conditions,
    devices: seen?.devices ?? [],
    isProbed,
    elsewhere: [],
    awaitingProbe: new Set(),
  };
}
