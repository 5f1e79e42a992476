import type { Session } from "../daemon/session.ts";
import { timestamp } from "../lib/clock.ts";
import type { Result } from "../lib/result.ts";
import type { Problem } from "../model/errors.ts";
import type { Layout } from "../store/layout.ts";
import { lockOwner } from "../store/lock-owner.ts";
import { postRequest } from "../store/requests.ts";
import type { Caller } from "./caller.ts";
import { holdHome, type SessionOptions } from "./session.ts";

/** A `run` or `drain` hands over within a turn of its loop. */
const MAX_HAND_OVER_MS = 10_000;
const POLL_MS = 20;
/** A process that has handed the home over waits this long before it tries to take it again. */
export const HAND_OVER_MS = 1_000;

/** Takes the home for a supervisor that stays; asks a `run` or `drain` that holds it to hand over. */
export async function takeOverHome(
  caller: Caller,
  layout: Layout,
  options: SessionOptions,
): Promise<Result<Session, Problem>> {
  const untilMs = caller.clock.awakeMs() + MAX_HAND_OVER_MS;
  let asked: string | null = null;
  for (;;) {
    const opened = await holdHome(caller, layout, options);
    if (opened.ok) return opened;
    const owner = lockOwner(layout);
    // A second drain joins the first.
    const handsOver = owner?.role === "run" || (owner?.role === "drain" && options.role !== "drain");
    if (!handsOver || caller.clock.awakeMs() > untilMs) return opened;
    if (asked !== owner.token) {
      postRequest(layout, {
        at: timestamp(caller.clock.now()),
        actor: caller.user(),
        operation: { verb: "handOver", owner: owner.token },
      });
      asked = owner.token;
    }
    await Bun.sleep(POLL_MS);
  }
}
