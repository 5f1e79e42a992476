import { bootId } from "../lib/host.ts";
import type { Holding } from "../plan/input.ts";
import type { Caller } from "./caller.ts";

/** What jobs of this user's other homes hold of the devices; the code that probes them is loaded when it is asked for. */
export async function heldElsewhere(caller: Caller, home: string): Promise<Holding[]> {
  const [{ shareHoldings, sharesElsewhere }, { openShares }] = await Promise.all([
    import("../daemon/devices/device-pool.ts"),
    import("../machine/shares.ts"),
  ]);
  const shares = openShares(caller.env);
  if (shares === null) return [];
  return sharesElsewhere(shares, { home, bootId: bootId() }).live.flatMap(shareHoldings);
}
