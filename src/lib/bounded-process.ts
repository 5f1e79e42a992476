import { kill } from "node:process";
import { type ProcessIdentity, startTimeOf } from "./host.ts";

/** A process that may hang, and is not worth more than some time. */
export interface BoundedProcess {
  /** The program by its path. */
  readonly argv: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  /** Gives it up early. */
  readonly signal?: AbortSignal | undefined;
  /** Each output is read up to so many bytes, and the process is killed at more; null reads none. */
  readonly outputBytes: number | null;
  /** Ends more than its process group. */
  readonly killAll?: (leader: ProcessIdentity) => void;
}

/** How it ended; a code of null means that a signal took it. */
export type BoundedEnd =
  | { readonly how: "ended"; readonly code: number | null; readonly out: string; readonly err: string }
  | { readonly how: "hung" }
  | { readonly how: "aborted" }
  | { readonly how: "notStarted"; readonly error: string };

/** Runs a process as the leader of a session, to its end and that of its output, but at most for so long: then it is killed with all it started. */
export async function runBounded(order: BoundedProcess): Promise<BoundedEnd> {
  const { argv, cwd, env, timeoutMs, signal, outputBytes, killAll = killGroup } = order;
  const output = outputBytes === null ? "ignore" : "pipe";
  let child: Bun.Subprocess<"ignore", "pipe" | "ignore", "pipe" | "ignore">;
  try {
    child = Bun.spawn([...argv], {
      cwd,
      env,
      stdio: ["ignore", output, output],
      // Leads a session, so that what it starts can be ended together with it.
      detached: true,
      ...(outputBytes !== null && { maxBuffer: outputBytes }),
    });
  } catch (error) {
    return { how: "notStarted", error: error instanceof Error ? error.message : String(error) };
  }
  const leader = { pid: child.pid, startTime: startTimeOf(child.pid) ?? "unknown" };
  // Not by the end of the process: one that waits in the kernel does not even end by SIGKILL.
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

async function endOf(
  child: Bun.Subprocess<"ignore", "pipe" | "ignore", "pipe" | "ignore">,
): Promise<BoundedEnd> {
  const [out, err, code] = await Promise.all([child.stdout?.text(), child.stderr?.text(), child.exited]);
  return {
    how: "ended",
    code: child.signalCode === null ? code : null,
    out: out ?? "",
    err: err ?? "",
  };
}

function killGroup({ pid }: ProcessIdentity): void {
  try {
    kill(-pid, "SIGKILL");
  } catch {
    // It ended by itself just now.
  }
}
