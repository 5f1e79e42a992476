import { type BoundedEnd, runBounded } from "../lib/bounded-process.ts";
import { signalTree } from "./tree.ts";

/** A command of the user that belongs to no task. */
export interface HookOrder {
  readonly argv: readonly string[];
  /** Absolute and existing. */
  readonly cwd: string;
  readonly environment: Readonly<Record<string, string>>;
  /** STINT_TOKEN of its processes, by which all of them are found when they are killed. */
  readonly token: string;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/** Kills the processes of a hook that an earlier supervisor left running. */
export function killHook(token: string): void {
  signalTree({ leader: null, token }, "SIGKILL");
}

/** Runs a hook to its end in a session of its own; after `timeoutMs` its whole process tree is killed. */
export function runHook(order: HookOrder): Promise<BoundedEnd> {
  const { argv, cwd, environment, token, timeoutMs, signal } = order;
  return runBounded({
    // The shell finds the program in the PATH of the hook.
    argv: ["/bin/sh", "-c", 'exec "$@"', "stint", ...argv],
    cwd,
    env: { ...environment, STINT_TOKEN: token },
    timeoutMs,
    signal,
    // Output may contain anything, and a process left running may keep a pipe open for ever.
    outputBytes: null,
    killAll: (leader) => signalTree({ leader, token }, "SIGKILL"),
  });
}
