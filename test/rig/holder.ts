import { LiveConfig } from "../../src/daemon/config/live-config.ts";
import type { SupervisorContext } from "../../src/daemon/context.ts";
import { Supervisor } from "../../src/daemon/supervisor.ts";
import { DEFAULT_SETTINGS } from "../../src/intake/default-settings.ts";
import { detectLimitBackend, thisMachine } from "../../src/machine/limit-backend.ts";
import type { Layout } from "../../src/store/layout.ts";
import { thisProcess } from "../../src/store/owner.ts";
import type { FakeClock } from "./clock.ts";
import { aMachine } from "./machine.ts";
import { half } from "./tasks.ts";

/** A holder that has the home to itself, without a lock: there is one process. */
export function holderOf(
  layout: Layout,
  clock: FakeClock,
  change: SupervisorContext["log"] | Partial<SupervisorContext> = {},
): Supervisor {
  const owner = thisProcess("up", { nowMs: clock.now(), offered: null });
  return new Supervisor({
    layout,
    lock: { owner, takenFrom: null, isHeld: () => true, [Symbol.asyncDispose]: async () => {} },
    clock,
    random: half,
    config: new LiveConfig({ settings: DEFAULT_SETTINGS, text: null, flags: {} }, () => aMachine()),
    limitBackend: () => detectLimitBackend(thisMachine({})),
    actor: "ada",
    self: "",
    environment: {},
    mayClaim: null,
    log: () => {},
    ...(typeof change === "function" ? { log: change } : change),
  });
}
