import { writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { parseArgs } from "node:util";
import { LIST, SUBMIT } from "./commands.ts";
import { OUTPUT, PLAN, SLEEPING } from "./load.ts";
import type { Measured, Row } from "./row.ts";
import { LATENCY, REST, START } from "./supervisor.ts";
import { DRAIN, EXPAND } from "./throughput.ts";

/** `bun run bench [--rows drain,ls] [--rounds 5] [--json FILE]`: the compiled executable beside what is on this machine. */
const ROWS: readonly Row[] = [DRAIN, SUBMIT, EXPAND, LATENCY, LIST, REST, START, PLAN, OUTPUT, SLEEPING];

const { values } = parseArgs({
  options: {
    rows: { type: "string" },
    rounds: { type: "string", default: "5" },
    json: { type: "string" },
  },
});
const wanted = values.rows?.split(",") ?? ROWS.map(({ id }) => id);
const unknown = wanted.filter((id) => !ROWS.some((row) => row.id === id));
if (unknown.length > 0) {
  console.error(`Cannot measure "${unknown.join(",")}": the rows are ${ROWS.map(({ id }) => id).join(", ")}`);
  process.exit(2);
}

const results: (Pick<Row, "id" | "what" | "aim"> & Measured)[] = [];
const machine = `${cpus().length} x ${cpus()[0]?.model ?? "unknown"}, Bun ${Bun.version}`;
console.log(machine);
for (const row of ROWS.filter(({ id }) => wanted.includes(id))) {
  const measured = await row.measure({ rounds: Number(values.rounds) });
  const { id, what, aim } = row;
  results.push({ id, what, aim, ...measured });
  const mark = measured.isReached === null ? "?" : measured.isReached ? "reached" : "NOT";
  console.log(
    `${id.padEnd(9)} ${mark.padEnd(8)} ${what}\n${" ".repeat(19)}aim: ${aim}\n${" ".repeat(19)}${measured.says}`,
  );
}
if (values.json !== undefined)
  writeFileSync(values.json, `${JSON.stringify({ machine, results }, null, 2)}\n`);
