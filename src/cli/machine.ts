import { readConditions } from "../machine/conditions.ts";
import { probeDevices } from "../machine/probe.ts";
import type { Inventory } from "../model/device.ts";
import { gpusOf } from "../model/resources.ts";
import type { Draft } from "../model/submission.ts";
import type { Machine, Terms } from "../plan/snapshot.ts";
import { readInventory } from "../store/inventory-file.ts";
import type { Layout } from "../store/layout.ts";
import type { Context } from "./context.ts";

/** The machine as whoever supervises a home last saw it. */
export function seenMachine(context: Context, layout: Layout, terms: Terms): Machine {
  return machineWith(readInventory(layout, context.clock.now()), terms);
}

/** The same for who wants to queue: GPUs that nobody has looked at just now are looked at where a draft wants some. */
export async function machineFor(
  context: Context,
  layout: Layout,
  wanted: { readonly drafts: readonly Draft[]; readonly terms: Terms },
): Promise<Machine> {
  const { drafts, terms } = wanted;
  const known = seenMachine(context, layout, terms);
  if (known.isProbed || drafts.every(({ spec }) => gpusOf(spec.resources) === 0)) return known;
  const { clock, env } = context;
  return machineWith(await probeDevices({ clock, env, rules: terms.deviceRules, isOwn: () => false }), terms);
}

/** A tool that does not answer says nothing of what there is. */
function machineWith(seen: Inventory | null, terms: Terms): Machine {
  const isProbed = seen !== null && (seen.problem === null || seen.devices.length > 0);
  const conditions = readConditions(terms.work);
  return { ...terms, conditions, devices: seen?.devices ?? [], isProbed, elsewhere: [], settling: new Set() };
}
