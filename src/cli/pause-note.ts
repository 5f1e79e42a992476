import { overridesSeen } from "../desk/control.ts";
import { asLines } from "../lib/printable.ts";
import type { Layout } from "../store/layout.ts";
import { lockOwner } from "../store/lock-owner.ts";
import type { Context } from "./context.ts";
import { pausedLines } from "./text/control.ts";

/** Tells a person that what was just queued or started waits for a paused queue, or that it is not known whether one was. */
export function tellOfPause(context: Context, layout: Layout): void {
  const {
    overrides: { paused },
    fault,
  } = overridesSeen(layout, lockOwner(layout));
  if (fault !== null) context.err(asLines([`stint: ${fault}`]));
  if (paused !== undefined) context.err(`${pausedLines(paused, context.clock.now()).join(" ")}\n`);
}
