import { tellOfSilence } from "../desk/silence.ts";
import type { Layout } from "../store/layout.ts";
import { lockOwner } from "../store/lock-owner.ts";
import type { Context } from "./context.ts";
import { tellOfPause } from "./pause-note.ts";

/** Tells a person at a terminal why what was just queued or released does not start, where that is the same for every task. */
export function tellIfNothingStarts(context: Context, layout: Layout): void {
  if (!context.isTerminal) return;
  tellOfSilence(context, layout);
  tellOfPause(context, layout);
  if (lockOwner(layout) === null)
    context.err("No supervisor is running: nothing starts. Start one: stint up --detach\n");
}
