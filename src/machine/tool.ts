import { runBounded } from "../lib/bounded-process.ts";
import type { ProbeContext } from "./finding.ts";

/** How a vendor's tool ended; a tool that is not installed is no failure. */
export type ToolEnd =
  | { readonly type: "missing" }
  | { readonly type: "hung" }
  | { readonly type: "ended"; readonly code: number | null; readonly out: string; readonly err: string };

/** A tool may hang for ever where its driver does. */
const TOOL_TIMEOUT_MS = 2_000;
/** The longest output is some KiB. */
const MAX_OUTPUT_BYTES = 1_024 * 1_024;

/** The path of a tool, or null where it is not installed. */
export function findTool(name: string, { env }: Pick<ProbeContext, "env">): string | null {
  return Bun.which(name, { PATH: env["PATH"] ?? "/usr/bin:/bin" });
}

/** Runs a vendor's tool to its end; after 2 s it is killed with its children. */
export async function runTool(
  [name = "", ...args]: readonly string[],
  around: ProbeContext,
): Promise<ToolEnd> {
  const path = findTool(name, around);
  if (path === null) return { type: "missing" };
  const end = await runBounded({
    argv: [path, ...args],
    cwd: "/",
    env: { ...around.env, LC_ALL: "C" },
    timeoutMs: TOOL_TIMEOUT_MS,
    signal: around.signal,
    outputBytes: MAX_OUTPUT_BYTES,
  });
  switch (end.how) {
    case "ended":
      return { type: "ended", code: end.code, out: end.out, err: end.err };
    case "notStarted":
      return { type: "ended", code: null, out: "", err: end.error };
    case "hung":
    case "aborted":
      return { type: "hung" };
  }
}

/** Why the output of a tool cannot be used, in a sentence. */
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
