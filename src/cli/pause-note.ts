import { overridesSeen } from "../desk/control.ts";
import type { Layout } from "../store/layout.ts";
import { lockOwner } from "../store/lock-owner.ts";
import type { Context } from "./context.ts";
import { pausedLines } from "./text/control.ts";

/** Tells a person that what was just queued or started waits for a paused queue. */
export function tellOfPause(context: Context, layout: Layout): void {
  const { paused } = overridesSeen(layout, lockOwner(layout)).overrides;
  if (paused !== undefined) context.err(`${pausedLines(paused, context.clock.now()).join(" ")}\n`);
}
