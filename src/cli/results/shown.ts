import { asNumber } from "../../desk/results/as-number.ts";
import { type Column, cellText, valueIn } from "../../desk/results/columns.ts";
import type { ResultRow } from "../../desk/results/row.ts";
import { asLines } from "../../lib/printable.ts";
import type { Context } from "../context.ts";
import { jsonText } from "../text/json.ts";
import { styleFor } from "../text/style.ts";
import { wrapped } from "../text/wrap.ts";
import type { AskedResults } from "./asked.ts";
import { CHANGED_MARK, changedNote, markNotes, outputText, shortText, summaryText } from "./cells.ts";
import { groupJson, groupsCsv, rowJson, rowsCsv } from "./data.ts";
import { dotPlot, type Point } from "./dot-plot.ts";
import { filledNote, groupsTable, rowsTable } from "./tables.ts";

type Form = "table" | "csv" | "json" | "plot";

interface Shown {
  readonly text: string;
  /** What is to be said beside the answer; empty for nothing. */
  readonly notes: string;
}

/** Results in the form that was asked for. */
export function shownResults(
  asked: AskedResults,
  { form, context }: { readonly form: Form; readonly context: Pick<Context, "columns" | "hasColor"> },
): Shown {
  const { rows, columns, outputs, sortedBy, grouped } = asked;
  const width = context.columns();
  const data = (text: string): Shown => ({ text, notes: noteText(asked.notes, width) });
  if (form === "json")
    return data(jsonText(grouped === null ? rows.map(rowJson) : grouped.groups.map(groupJson(grouped.keys))));
  if (form === "csv")
    return data(
      grouped === null ? rowsCsv(rows, columns) : groupsCsv(grouped.groups, { keys: grouped.keys, outputs }),
    );
  if (form === "plot") return plotted(asked, width);
  const view = { width, style: styleFor(context.hasColor), sortedBy };
  const inTable = columns.filter((column) => column.kind !== "output" || outputs.includes(column));
  const { table, notes } =
    grouped === null
      ? rowsTable(rows, { ...view, columns: inTable })
      : groupsTable(grouped.groups, { ...view, keys: grouped.keys, outputs, members: rows });
  return { text: table, notes: noteText([...notes, ...asked.notes], width) };
}

function noteText(notes: readonly string[], width: number): string {
  return notes.length === 0 ? "" : `\n${asLines(notes.flatMap((note) => wrapped(note, width)))}`;
}

function plotted(
  { rows, columns, outputs, sortedBy, grouped, notes: told }: AskedResults,
  width: number,
): Shown {
  const isNumeric = ({ name }: Column): boolean =>
    rows.some((row) => asNumber(row.outputs[name]?.value) !== null);
  const output = sortedBy?.kind === "output" ? sortedBy : outputs.find(isNumeric);
  if (output === undefined)
    return { text: "", notes: "Nothing to plot: no task has an output that is a number.\n" };
  const points = grouped === null ? rowPoints(rows, columns, output) : groupPoints(grouped, output);
  const marks = grouped === null ? markNotes(rows, new Set([output.name])) : filledNote(grouped.groups);
  const notes = [...marks, ...changedNote(rows), ...told];
  return { text: dotPlot(output.title, points, width), notes: noteText(notes, width) };
}

function rowPoints(rows: readonly ResultRow[], columns: readonly Column[], output: Column): Point[] {
  const differs = (column: Column): boolean =>
    column.kind !== "output" && new Set(rows.map((row) => cellText(valueIn(row, column)))).size > 1;
  const telling = columns.filter(differs);
  return rows.map((row) => {
    const values = telling.map((column) => `${column.title}=${shortText(valueIn(row, column))}`);
    const value = row.outputs[output.name];
    const number = asNumber(value?.value);
    return {
      label: `${row.number}${row.commandChanged ? CHANGED_MARK : ""} ${values.length === 0 ? row.name : values.join(" ")}`,
      text: outputText(value),
      at: number !== null && Number.isFinite(number) ? number : null,
      spread: 0,
    };
  });
}

function groupPoints({ keys, groups }: NonNullable<AskedResults["grouped"]>, output: Column): Point[] {
  return groups.map(({ key, completed, outputs }) => {
    const summary = outputs[output.name];
    return {
      label: keys.map(({ title }, index) => `${title}=${key[index]}`).join(" "),
      text: summary === undefined ? "-" : summaryText(summary, completed),
      at: summary?.mean ?? null,
      spread: summary?.sd ?? 0,
    };
  });
}
