import { writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { parseArgs } from "node:util";
import { profileTo } from "./bench-home.ts";
import { LIST, SUBMIT } from "./commands.ts";
import { EVENTS } from "./events.ts";
import { HISTORY } from "./history.ts";
import { CANCEL, INBOX, RELEASE } from "./intake.ts";
import { OUTPUT, PLAN, SLEEPING } from "./load.ts";
import { MIRROR } from "./mirror.ts";
import { RESULTS } from "./results.ts";
import type { Measured, Row } from "./row.ts";
import { LATENCY, NEXT, REST, START } from "./supervisor.ts";
import { DRAIN, EXPAND, LONG } from "./throughput.ts";

/**
 * `bun run bench [--rows drain,ls] [--rounds 5] [--json FILE] [--cpu-prof DIRECTORY]`: the compiled executable beside what is
 * on this machine. A profile slows down what it measures: figures are to be had without.
 */
const ROWS: readonly Row[] = [
  DRAIN,
  SUBMIT,
  EXPAND,
  LATENCY,
  NEXT,
  LIST,
  REST,
  START,
  LONG,
  PLAN,
  SLEEPING,
  EVENTS,
  HISTORY,
  MIRROR,
  RESULTS,
  INBOX,
  RELEASE,
  CANCEL,
  // Last: the disk is busy with its gigabytes for a while.
  OUTPUT,
];

const { values } = parseArgs({
  options: {
    rows: { type: "string" },
    rounds: { type: "string", default: "5" },
    json: { type: "string", default: "dist/bench.json" },
    "cpu-prof": { type: "string" },
  },
});
const wanted = values.rows?.split(",") ?? ROWS.map(({ id }) => id);
const unknown = wanted.filter((id) => !ROWS.some((row) => row.id === id));
if (unknown.length > 0) {
  console.error(`Cannot measure "${unknown.join(",")}": the rows are ${ROWS.map(({ id }) => id).join(", ")}`);
  process.exit(2);
}
if (values["cpu-prof"] !== undefined) profileTo(values["cpu-prof"]);

const results: (Pick<Row, "id" | "what" | "aim"> & Measured)[] = [];
for (const row of ROWS.filter(({ id }) => wanted.includes(id))) {
  const measured = await row.measure({ rounds: Number(values.rounds) });
  const { id, what, aim } = row;
  results.push({ id, what, aim, ...measured });
  console.error(`${id}: ${measured.says}`);
}

const machine = `${cpus().length} × ${cpus()[0]?.model ?? "unknown"}, Bun ${Bun.version}`;
const lines = results.map(
  ({ what, aim, says, isReached }) => `| ${what} | ${aim} | ${says} | ${isReached ? "yes" : "no"} |`,
);
console.log(
  `On ${machine}:\n\n| What | To reach | Measured | Reached |\n|---|---|---|---|\n${lines.join("\n")}`,
);
writeFileSync(values.json, `${JSON.stringify({ machine, results }, null, 2)}\n`);
