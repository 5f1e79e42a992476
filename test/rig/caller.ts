import type { Caller } from "../../src/desk/caller.ts";
import { systemClock } from "../../src/lib/clock.ts";
import { environmentOf } from "./surroundings.ts";

/** A process that asks a home, whose user has a folder for a home. */
export function aCaller(userHome: string): Caller {
  return {
    env: environmentOf(userHome),
    cwd: userHome,
    userHome,
    user: () => "ada",
    self: "/bin/false",
    clock: systemClock,
    umask: () => "022",
    err: () => {},
    isTerminal: false,
    progress: () => ({ onProgress: () => {}, clear: () => {} }),
  };
}
