import { Holder } from "../../src/daemon/holder.ts";
import { probeMeans, thisMachine } from "../../src/machine/means.ts";
import { DEFAULT_NOTICE_RULES } from "../../src/model/notice.ts";
import type { Layout } from "../../src/store/layout.ts";
import { thisProcess } from "../../src/store/owner.ts";
import type { FakeClock } from "./clock.ts";
import { aMachine } from "./machine.ts";
import { half } from "./tasks.ts";

/** A holder that has the home to itself, without a lock: there is one process. */
export function holderOf(layout: Layout, clock: FakeClock, say: (line: string) => void = () => {}): Holder {
  const owner = thisProcess("up", { nowMs: clock.now(), offered: null });
  return new Holder({
    layout,
    lock: { owner, takenFrom: null, isHeld: () => true, [Symbol.asyncDispose]: async () => {} },
    clock,
    random: half,
    terms: aMachine(),
    means: () => probeMeans(thisMachine({})),
    notices: DEFAULT_NOTICE_RULES,
    actor: "ada",
    self: "",
    environment: {},
    mayClaim: null,
    say,
  });
}
