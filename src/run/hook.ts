import { startTimeOf } from "../lib/host.ts";
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

/** How a hook ended, with the last of its output; a code of null means that it was killed or could not be started. */
export interface HookEnd {
  readonly how: "ended" | "hung" | "aborted" | "notStarted";
  readonly code: number | null;
  readonly output: string;
}

/** Enough for the message of an error. */
const OUTPUT_BYTES = 2_048;
/** What a hook wrote last is read for so long after its end; what it left running may hold the pipe open for ever. */
const REST_MS = 200;

/** Kills what an earlier process left running of a hook. */
export function killHook(token: string): void {
  signalTree({ leader: null, token }, "SIGKILL");
}

/** Runs a hook to its end in a session of its own, at most for so long; it is killed with its whole tree then. */
export async function runHook(order: HookOrder): Promise<HookEnd> {
  const { argv, cwd, environment, token, timeoutMs, signal } = order;
  let child: Bun.Subprocess<"ignore", "pipe", "ignore">;
  try {
    child = Bun.spawn(["/bin/sh", "-c", 'exec "$@" 2>&1', "stint", ...argv], {
      cwd,
      env: { ...environment, STINT_TOKEN: token },
      stdin: "ignore",
      stdout: "pipe",
      stderr: "ignore",
      detached: true,
    });
  } catch (error) {
    const output = error instanceof Error ? error.message : String(error);
    return { how: "notStarted", code: null, output };
  }
  const leader = { pid: child.pid, startTime: startTimeOf(child.pid) ?? "unknown" };
  const { promise: isOver, resolve } = Promise.withResolvers<"hung" | "aborted">();
  const abort = (): void => resolve("aborted");
  const timer = setTimeout(() => resolve("hung"), timeoutMs);
  signal.addEventListener("abort", abort, { once: true });
  if (signal.aborted) abort();
  const reading = readEnd(child.stdout);
  const how = await Promise.race([child.exited.then(() => "ended" as const), isOver]);
  clearTimeout(timer);
  signal.removeEventListener("abort", abort);
  if (how !== "ended") {
    signalTree({ leader, token }, "SIGKILL");
    child.unref();
  }
  const output = await reading.rest(how === "ended" ? REST_MS : 0);
  return { how, code: how === "ended" && child.signalCode === null ? child.exitCode : null, output };
}

/** Reads a stream on and on, keeping its end only. */
function readEnd(stream: ReadableStream<Uint8Array>): { rest: (ms: number) => Promise<string> } {
  const reader = stream.getReader();
  let kept: Buffer = Buffer.alloc(0);
  const readAll = async (): Promise<void> => {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      kept = Buffer.concat([kept, value]).subarray(-OUTPUT_BYTES);
    }
  };
  const all = readAll().catch(() => {});
  return {
    rest: async (ms) => {
      await Promise.race([all, Bun.sleep(ms)]);
      void reader.cancel().catch(() => {});
      return kept.toString("utf8").trim();
    },
  };
}
