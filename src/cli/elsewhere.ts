import { bootId } from "../lib/host.ts";
import type { Holding } from "../plan/input.ts";
import type { Context } from "./context.ts";

/** What jobs of this user's other homes hold of the devices; what looks at them is loaded where somebody asks. */
export async function heldElsewhere(context: Context, home: string): Promise<Holding[]> {
  const [{ shareHoldings, sharesElsewhere }, { openShares }] = await Promise.all([
    import("../daemon/devices/device-pool.ts"),
    import("../machine/shares.ts"),
  ]);
  const shares = openShares(context.env);
  if (shares === null) return [];
  return sharesElsewhere(shares, { home, bootId: bootId() }).live.flatMap(shareHoldings);
}
