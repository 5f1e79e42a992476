import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { crontab } from "./crond.ts";
import { rivalry } from "./rivalry.ts";
import { soak } from "./soak.ts";

/**
 * `bun run test:crash --minutes 30 [--seed N]`: the properties from a new seed, cron for a few minutes, rivals for a long queue, then
 * random kills with three seeds.
 */
const CRON_MINUTES = 3;
/** Of cron, tried against an independent reader of them. */
const EXPRESSIONS = 20_000;
const SEEDS = 3;
const RIVALRY = { tasks: 2_000, kills: 20 };

const { values } = parseArgs({
  options: { minutes: { type: "string", default: "3" }, seed: { type: "string" } },
});
const first = Number(values.seed ?? Math.floor(Math.random() * 2 ** 31));
drawProperties(first);
const kept = await crontab(CRON_MINUTES);
if ("skipped" in kept) console.log(`cron: not tried, ${kept.skipped}`);
else
  console.log(
    `cron: ${kept.minutes} minutes, ${kept.faults.length} faults ${kept.faults.join("; ")}`.trimEnd(),
  );
if ("faults" in kept && kept.faults.length > 0) process.exitCode = 1;
const fought = await rivalry(RIVALRY);
const counts = Object.values(fought.starts);
console.log(
  `rivals: ${RIVALRY.kills} kills, ${fought.records.length} tasks, ${counts.filter((count) => count !== 1).length} not run once`,
);
if (counts.length !== RIVALRY.tasks || counts.some((count) => count !== 1)) process.exitCode = 1;
const forMs = (Number(values.minutes) * 60_000) / SEEDS;
const total: Record<string, number> = {};
for (let seed = first; seed < first + SEEDS; seed += 1) {
  console.log(`seed ${seed}, ${Math.round(forMs / 1_000)} s`);
  const soaked = Object.entries(await soak({ seed, forMs }));
  console.log(`  ${sentence(soaked)}`);
  for (const [what, count] of soaked) total[what] = (total[what] ?? 0) + count;
}
console.log(`${SEEDS} seeds: ${sentence(Object.entries(total))}`);
if ((total["lost"] ?? 0) + (total["doubled"] ?? 0) > 0) process.exitCode = 1;

/** Runs every test file that has a property; what they found is printed where they failed. */
function drawProperties(seed: number): void {
  const files = [...new Bun.Glob("test/**/*.test.ts").scanSync()].filter((path) =>
    /rig\/fast-check\.ts|\bEXPRESSIONS\b/.test(readFileSync(path, "utf8")),
  );
  const call = [process.execPath, "test", "--timeout=600000", ...files.toSorted().map((path) => `./${path}`)];
  const env = { ...process.env, STINT_TEST_SEED: String(seed), STINT_TEST_EXPRESSIONS: String(EXPRESSIONS) };
  const { success, stdout, stderr } = Bun.spawnSync(call, { env, stdout: "pipe", stderr: "pipe" });
  console.log(`properties: seed ${seed}, ${files.length} files, ${success ? "all hold" : "NOT all hold"}`);
  if (success) return;
  console.log(`${stdout.toString()}${stderr.toString()}`);
  process.exitCode = 1;
}

function sentence(totals: readonly (readonly [string, number])[]): string {
  return totals.map(([what, count]) => `${what} = ${count}`).join(", ");
}
