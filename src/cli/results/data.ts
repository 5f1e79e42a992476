import type { ResultGroup } from "../../desk/results/by.ts";
import { type Column, cellText, valueIn } from "../../desk/results/columns.ts";
import type { OutputValue, ResultRow } from "../../desk/results/row.ts";
import { oneLine } from "../../lib/printable.ts";

/** A row as JSON: its outputs by name, and where those are from that the job did not give. */
export function rowJson({ outputs, ...row }: ResultRow): unknown {
  const entries = Object.entries(outputs);
  return {
    ...row,
    outputs: Object.fromEntries(entries.map(([name, { value }]) => [name, value])),
    filled: Object.fromEntries(filledIn(entries)),
  };
}

function filledIn(entries: readonly (readonly [string, OutputValue])[]): (readonly [string, string])[] {
  return entries.flatMap(([name, { source }]) => (source === "output" ? [] : [[name, source] as const]));
}

/** A group as JSON. */
export function groupJson(keys: readonly Column[]): (group: ResultGroup) => unknown {
  return ({ key, ...group }) => ({
    by: Object.fromEntries(keys.map(({ title }, index) => [title, key[index]])),
    ...group,
  });
}

/** The rows as CSV (RFC 4180), each value in full; control characters are escaped, so that a row is a line. */
export function rowsCsv(rows: readonly ResultRow[], columns: readonly Column[]): string {
  const head = [
    "id",
    "name",
    "state",
    "failure",
    ...columns.map(({ title }) => title),
    "seconds",
    "gpus",
    "filled",
  ];
  const body = rows.map((row) => [
    String(row.number),
    row.name,
    row.state,
    row.failure ?? "",
    ...columns.map((column) => cellText(valueIn(row, column))),
    row.ranMs === null ? "" : String(row.ranMs / 1_000),
    row.gpus.join(" "),
    filledIn(Object.entries(row.outputs))
      .map(([name, source]) => `${name}=${source}`)
      .join(" "),
  ]);
  return csvText([head, ...body]);
}

const FIGURES = ["mean", "sd", "n", "min", "max", "filled"] as const;

/** The groups as CSV. */
export function groupsCsv(
  groups: readonly ResultGroup[],
  { keys, outputs }: { readonly keys: readonly Column[]; readonly outputs: readonly Column[] },
): string {
  const figures = outputs.flatMap(({ title }) => FIGURES.map((figure) => `${title}_${figure}`));
  const head = [...keys.map(({ title }) => title), "runs", "completed", ...figures, "mean_seconds"];
  const body = groups.map((group) => [
    ...group.key,
    String(group.rows),
    String(group.completed),
    ...outputs.flatMap(({ name }) => FIGURES.map((figure) => String(group.outputs[name]?.[figure] ?? ""))),
    group.meanMs === null ? "" : String(group.meanMs / 1_000),
  ]);
  return csvText([head, ...body]);
}

function csvText(rows: readonly (readonly string[])[]): string {
  return rows.map((row) => `${row.map(csvCell).join(",")}\n`).join("");
}

function csvCell(cell: string): string {
  const text = oneLine(cell);
  return /[",]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
