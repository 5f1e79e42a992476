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
  const folder = mkdtempSync(join(tmpdir(), "stint-calls-"));
  try {
    const log = join(folder, "log");
    const under = ["strace", "-f", "-y", "-s", "512", "-o", log, "-e", "trace=openat,getdents64"];
    const ran = await stint.run(args, { under });
    const calls = readFileSync(log, "utf8");
    const below = (pattern: RegExp): string[] =>
      [...calls.matchAll(pattern)]
        .map(([, path = ""]) => path)
        .filter((path) => path.startsWith(`${stint.home}/`))
        .map((path) => path.slice(stint.home.length + 1));
    return {
      ...ran,
      opened: below(/openat\(.*= \d+<([^>]+)>/g),
      listed: below(/getdents64\(\d+<([^>]+)>/g),
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
