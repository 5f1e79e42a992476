import { kill } from "node:process";
import { unlessRefused } from "./errno.ts";
import { type ProcessIdentity, startTimeOf } from "./host.ts";

/** Put before a command, searches for its program in the PATH that it gets; env(1) would take a program with a `=` in its path for a variable. */
export const BY_PATH: readonly string[] = ["/usr/bin/nice", "-n", "0"];

/** A process that may hang, and what it is bounded by. */
export interface BoundedProcess {
  /** The program, by its path, and its arguments. */
  readonly argv: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  /** Aborts it before the timeout. */
  readonly signal?: AbortSignal | undefined;
  /** stdout and stderr are read up to so many bytes each, and the process is killed at more; null discards both. */
  readonly outputBytes: number | null;
  /** The path of a file that is its standard input; default: none. */
  readonly input?: string;
  /** Kills more than its process group, which is the default. */
  readonly killAll?: (leader: ProcessIdentity) => void;
}

/** How it ended; a code of null means that a signal killed it. */
export type BoundedEnd =
  | { readonly how: "ended"; readonly code: number | null; readonly out: string; readonly err: string }
  | { readonly how: "hung" }
  | { readonly how: "aborted" }
  | { readonly how: "notStarted"; readonly error: string };

/** Runs a process as a session leader until it has ended and its output is read; at the timeout it is killed with all that it started. */
export async function runBounded(bounded: BoundedProcess): Promise<BoundedEnd> {
  const { argv, cwd, env, timeoutMs, signal, outputBytes, input, killAll = killGroup } = bounded;
  const output = outputBytes === null ? "ignore" : "pipe";
  let child: BoundedChild;
  try {
    child = Bun.spawn([...argv], {
      cwd,
      env,
      stdio: [input === undefined ? "ignore" : Bun.file(input), output, output],
      // setsid(2), so that its whole process group can be killed.
      detached: true,
      ...(outputBytes !== null && { maxBuffer: outputBytes }),
    });
  } catch (error) {
    return { how: "notStarted", error: error instanceof Error ? error.message : String(error) };
  }
  const leader = { pid: child.pid, startTime: startTimeOf(child.pid) ?? "unknown" };
  // The timer does not wait for the kill to take effect: a process in uninterruptible sleep survives even SIGKILL.
  const { promise: isGivenUp, resolve } = Promise.withResolvers<BoundedEnd>();
  const abort = (): void => resolve({ how: "aborted" });
  const timer = setTimeout(() => resolve({ how: "hung" }), timeoutMs);
  signal?.addEventListener("abort", abort, { once: true });
  if (signal?.aborted === true) abort();
  const end = await Promise.race([endOf(child), isGivenUp]);
  clearTimeout(timer);
  signal?.removeEventListener("abort", abort);
  if (end.how !== "ended") {
    killAll(leader);
    child.unref();
  }
  return end;
}

type BoundedChild = Bun.Subprocess<"ignore" | Bun.BunFile, "pipe" | "ignore", "pipe" | "ignore">;

async function endOf(child: BoundedChild): Promise<BoundedEnd> {
  const [out, err, code] = await Promise.all([child.stdout?.text(), child.stderr?.text(), child.exited]);
  return { how: "ended", code: child.signalCode === null ? code : null, out: out ?? "", err: err ?? "" };
}

/** It may have just ended by itself. */
function killGroup({ pid }: ProcessIdentity): void {
  unlessRefused(() => kill(-pid, "SIGKILL"), false);
}
