import type { OutputValue, ResultRow } from "../../../src/desk/results/row.ts";
import { makeTaskId } from "../../../src/model/identity.ts";

/** A row with these outputs of its own, completed after a minute; the rest is as a test has it. */
export function aRow(
  number: number,
  outputs: Readonly<Record<string, unknown>> = {},
  change: Partial<ResultRow> = {},
): ResultRow {
  const given = Object.entries(outputs).map(([name, value]): [string, OutputValue] => [
    name,
    { value, source: "output" },
  ]);
  return {
    id: makeTaskId(number, "grid"),
    number,
    name: `grid-${number}`,
    state: "completed",
    failure: null,
    attempt: 1,
    values: {},
    inputs: {},
    commandChanged: false,
    outputs: Object.fromEntries(given),
    ranMs: 60_000,
    gpus: [],
    gpuMs: 0,
    ...change,
  };
}
