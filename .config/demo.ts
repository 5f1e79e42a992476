import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Runs the sample batch in a home of its own, prints the table, and ends with 0 where all four tasks ended as they should. */

/** What must come of the batch: the state of each task, with what became of its attempts. */
const EXPECTED = [
  "completed: completed",
  "completed: failed, completed",
  "failed: failed",
  "failed: timeout",
];

/** Many times what the batch needs. */
const LIMIT_MS = 60_000;

interface Ended {
  readonly status: { readonly state: string; readonly attempts: readonly { readonly state: string }[] };
}

const home = mkdtempSync(join(tmpdir(), "stint-sample-"));
try {
  stint("run", "templates/sample.yaml");
  console.log("");
  stint("ls", "--all");
  const outcome = [...endedIn("done"), ...endedIn("dead-letter")].toSorted();
  if (!Bun.deepEquals(outcome, EXPECTED)) {
    console.error(`The sample ended as ${JSON.stringify(outcome)}, wanted is ${JSON.stringify(EXPECTED)}`);
    process.exitCode = 1;
  }
} finally {
  rmSync(home, { recursive: true, force: true });
}

function stint(...args: string[]): void {
  console.log(`$ stint ${args.join(" ")}`);
  const env = { ...process.env, STINT_HOME: home };
  Bun.spawnSync(["dist/stint", ...args], { env, stdio: ["ignore", "inherit", "inherit"], timeout: LIMIT_MS });
}

function endedIn(place: string): string[] {
  const names = readdirSync(join(home, place)).filter((name) => name.endsWith(".json"));
  return names.map((name) => {
    const { status } = JSON.parse(readFileSync(join(home, place, name), "utf8")) as Ended;
    return `${status.state}: ${status.attempts.map(({ state }) => state).join(", ")}`;
  });
}
