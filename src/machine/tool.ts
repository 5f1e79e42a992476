import { kill } from "node:process";
import type { ProbeContext } from "./finding.ts";

/** How a vendor's tool ended; a tool that is not installed is no failure. */
export type ToolEnd =
  | { readonly type: "missing" }
  | { readonly type: "hung" }
  | { readonly type: "ended"; readonly code: number | null; readonly out: string; readonly err: string };

/** A tool that talks to a driver in trouble does not return at all. */
const TOOL_TIMEOUT_MS = 2_000;
/** The longest answer is some KiB. */
const MAX_OUTPUT_BYTES = 1_024 * 1_024;

/** The path of a tool, or null where it is not installed. */
export function findTool(name: string, { env }: Pick<ProbeContext, "env">): string | null {
  return Bun.which(name, { PATH: env["PATH"] ?? "/usr/bin:/bin" });
}

/** Runs a vendor's tool to its end, at most for so long; it is killed then, with what it started. */
export async function runTool(
  [name = "", ...args]: readonly string[],
  around: ProbeContext,
): Promise<ToolEnd> {
  const path = findTool(name, around);
  if (path === null) return { type: "missing" };
  let child: Bun.Subprocess<"ignore", "pipe", "pipe">;
  try {
    child = Bun.spawn([path, ...args], {
      env: { ...around.env, LC_ALL: "C" },
      cwd: "/",
      stdin: "ignore",
      stdout: "pipe",
      stderr: "pipe",
      // Leads a group, so that a wrapper ends together with what it wraps.
      detached: true,
      maxBuffer: MAX_OUTPUT_BYTES,
    });
  } catch (error) {
    return {
      type: "ended",
      code: null,
      out: "",
      err: error instanceof Error ? error.message : String(error),
    };
  }
  // Not by the end of the process: one that waits in the kernel does not even end by SIGKILL.
  const { promise: isOver, resolve } = Promise.withResolvers<null>();
  const giveUp = (): void => resolve(null);
  const timer = setTimeout(giveUp, TOOL_TIMEOUT_MS);
  around.signal?.addEventListener("abort", giveUp, { once: true });
  const ended = await Promise.race([endOf(child), isOver]);
  clearTimeout(timer);
  around.signal?.removeEventListener("abort", giveUp);
  if (ended !== null) return ended;
  killGroup(child.pid);
  child.unref();
  return { type: "hung" };
}

async function endOf(child: Bun.Subprocess<"ignore", "pipe", "pipe">): Promise<ToolEnd> {
  const [out, err, code] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
  return { type: "ended", code: child.signalCode === null ? code : null, out, err };
}

function killGroup(leader: number): void {
  try {
    kill(-leader, "SIGKILL");
  } catch {
    // It ended by itself just now.
  }
}

/** Why a tool's answer is of no use, in a sentence. */
export function toolFailure(tool: string, end: Exclude<ToolEnd, { type: "missing" }>): string {
  if (end.type === "hung") return `${tool} did not answer within ${TOOL_TIMEOUT_MS / 1_000} s`;
  const [said] = `${end.out}\n${end.err}`
    .split("\n")
    .filter((line) => /[a-z]/i.test(line) && !/^\d+, /.test(line));
  const how = end.code === null ? "was killed or could not be started" : `ended with ${end.code}`;
  return said === undefined ? `${tool} ${how}` : `${tool} ${how}: ${printable(said)}`;
}

const MAX_SAID = 200;

function printable(line: string): string {
  return line
    .replaceAll(/\p{Cc}/gu, "")
    .trim()
    .slice(0, MAX_SAID);
}
