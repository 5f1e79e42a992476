import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Ran, Stint } from "./stint.ts";

/** What a command looked at below the home, by the paths from there. */
interface Looked extends Ran {
  readonly opened: readonly string[];
  readonly listed: readonly string[];
}

/** Runs a command line and tells which files it opened, and which folders it listed. */
export async function looked(stint: Stint, ...args: string[]): Promise<Looked> {
  const { calls, ...ran } = await traced(stint, ["openat", "getdents64"], ...args);
  const below = (pattern: RegExp): string[] =>
    [...calls.join("\n").matchAll(pattern)]
      .map(([, path = ""]) => path)
      .filter((path) => path.startsWith(`${stint.home}/`))
      .map((path) => path.slice(stint.home.length + 1));
  return {
    ...ran,
    opened: below(/openat\(.*= \d+<([^>]+)>/g),
    listed: below(/getdents64\(\d+<([^>]+)>/g),
  };
}

/** Runs a command line and gives its calls of the system of some kinds, in their order, as strace(1) writes them. */
export async function traced(
  stint: Stint,
  kinds: readonly string[],
  ...args: string[]
): Promise<Ran & { readonly calls: readonly string[] }> {
  const folder = mkdtempSync(join(tmpdir(), "stint-calls-"));
  try {
    const log = join(folder, "log");
    const under = ["strace", "-f", "-y", "-s", "512", "-o", log, "-e", `trace=${kinds.join(",")}`];
    const ran = await stint.run(args, { under });
    return { ...ran, calls: readFileSync(log, "utf8").split("\n") };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
