import { bootId } from "../lib/host.ts";
import type { Holding } from "../plan/input.ts";
import type { Caller } from "./caller.ts";

/** The device shares of jobs in other homes of this user; imports the code that reads them only when called. */
export async function heldElsewhere(caller: Caller, home: string): Promise<Holding[]> {
  const [{ shareHoldings, sharesElsewhere }, { openShares }] = await Promise.all([
    import("../daemon/devices/device-pool.ts"),
    import("../machine/shares.ts"),
  ]);
  const shares = openShares(caller.env);
  if (shares === null) return [];
  return sharesElsewhere(shares, { home, bootId: bootId() }).live.flatMap(shareHoldings);
}
