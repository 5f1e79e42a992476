import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import manifest from "../package.json";

/** The built executable, all by itself: elsewhere, with nothing of this checkout in reach, does it start and work? */

const dir = mkdtempSync(join(tmpdir(), "stint-smoke-"));
const executable = resolve("dist/stint");
try {
  const works =
    answers(["--version"], manifest.version) &&
    answers(["submit", "--name", "smoke", "--", "sh", "-c", "echo it works"], "1") &&
    answers(["drain"], "") &&
    answers(["logs", "1"], "it works");
  process.exitCode = works ? 0 : 1;
} finally {
  rmSync(dir, { recursive: true, force: true });
}

/** Runs one command and holds it to exit 0 and to an output with `wanted` in it. */
function answers(args: string[], wanted: string): boolean {
  const { exitCode, stdout, stderr } = Bun.spawnSync([executable, ...args], {
    cwd: dir,
    env: { PATH: process.env["PATH"] ?? "", HOME: dir, STINT_HOME: join(dir, "home") },
    stdin: "ignore",
    timeout: 30_000,
  });
  if (exitCode === 0 && stdout.toString().includes(wanted)) return true;
  console.error(`stint ${args.join(" ")}: exit ${exitCode}, wanted 0 with "${wanted}"`);
  console.error(stdout.toString(), stderr.toString());
  return false;
}
