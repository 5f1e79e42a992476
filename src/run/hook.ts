import { type BoundedEnd, runBounded } from "../lib/bounded-process.ts";
import { signalTree } from "./tree.ts";

/** A command of the user's that belongs to no task. */
export interface HookOrder {
  readonly argv: readonly string[];
  /** Absolute and existing. */
  readonly cwd: string;
  readonly environment: Readonly<Record<string, string>>;
  /** Marks its processes, so that none is missed when they have to go. */
  readonly token: string;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/** Kills what an earlier process left running of a hook. */
export function killHook(token: string): void {
  signalTree({ leader: null, token }, "SIGKILL");
}

/** Runs a hook to its end in a session of its own, at most for so long; it is killed with its whole tree then. */
export function runHook(order: HookOrder): Promise<BoundedEnd> {
  const { argv, cwd, environment, token, timeoutMs, signal } = order;
  return runBounded({
    // The shell finds the program in the PATH of the hook.
    argv: ["/bin/sh", "-c", 'exec "$@"', "stint", ...argv],
    cwd,
    env: { ...environment, STINT_TOKEN: token },
    timeoutMs,
    signal,
    // It may hold anything, and what it leaves running may hold it open for ever.
    outputBytes: null,
    killAll: (leader) => signalTree({ leader, token }, "SIGKILL"),
  });
}
