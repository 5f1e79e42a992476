/** The whole gate. Every step runs, whatever became of those before it; the tests come last, and their summary with them. */

const STEPS = ["format", "lint", "types", "dead", "build", "smoke", "tests"];

if (!succeeds("setup")) process.exit(1);
const failed = STEPS.filter((step) => !succeeds(step));
for (const step of failed) console.log(`check: ${step} failed`);
process.exitCode = failed.length === 0 ? 0 : 1;

function succeeds(script: string): boolean {
  const stdio = ["ignore", "inherit", "inherit"] as const;
  return Bun.spawnSync([process.execPath, "run", script], { stdio: [...stdio] }).success;
}
