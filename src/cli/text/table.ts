import { oneLine } from "../../lib/printable.ts";

/** The text of a cell, and how it is painted once it has its width. */
interface Painted {
  readonly text: string;
  readonly paint: (text: string) => string;
}

export type Cell = string | Painted;

export interface TableLayout {
  /** The width of the terminal; infinite where nothing is cut. */
  readonly columns: number;
  /** The column that is shortened in the middle where the width is short. Lines of such a table never wrap. */
  readonly shrinks?: number;
}

/** A narrower column would be unreadable: the line wraps instead. */
const MIN_CUT_WIDTH = 12;
/** As much of the last column as the shrinking one makes room for. */
const LAST_WIDTH = 40;
/** The shrinking column keeps this share of what the two have, and at least this width. */
const SHRUNK_SHARE = 0.4;
const MIN_SHRUNK = 8;

/** Formats rows in columns, two blanks apart; where the width is short, a column may shrink, and then the last one is cut. */
export function renderTable(rows: readonly (readonly Cell[])[], layout: TableLayout): string {
  const cells = rows.map((row) => row.map(printed));
  const natural: number[] = [];
  for (const row of cells)
    for (const [index, { text }] of row.entries())
      natural[index] = Math.max(natural[index] ?? 0, Bun.stringWidth(text));
  const widths = widthsFor(natural, layout);
  return cells.map((row) => `${renderRow(row, widths, layout)}\n`).join("");
}

function printed(cell: Cell): Painted {
  return typeof cell === "string"
    ? { text: oneLine(cell), paint: (text) => text }
    : { text: oneLine(cell.text), paint: cell.paint };
}

/** The widths with the shrinking column shortened, if there is one. */
function widthsFor(natural: readonly number[], { columns, shrinks }: TableLayout): readonly number[] {
  const last = natural.at(-1) ?? 0;
  if (shrinks === undefined) return natural;
  const name = natural[shrinks] ?? 0;
  const others = natural.reduce((total, width) => total + width + 2, -2) - name - last;
  const left = Math.max(0, columns - others);
  const least = Math.max(MIN_SHRUNK, Math.floor(left * SHRUNK_SHARE));
  const width = Math.min(name, Math.max(least, left - Math.min(last, LAST_WIDTH)));
  return natural.with(shrinks, width);
}

function renderRow(row: readonly Painted[], widths: readonly number[], layout: TableLayout): string {
  const { columns, shrinks } = layout;
  let line = "";
  let left = columns;
  for (const [index, { text, paint }] of row.entries()) {
    const isLast = index === row.length - 1;
    const width = isLast ? left : (widths[index] ?? 0);
    const whole = index === shrinks ? shortened(text, width) : text;
    const shown = shrinks !== undefined || (isLast && left >= MIN_CUT_WIDTH) ? cut(whole, left) : whole;
    const padding = isLast ? 0 : Math.max(0, width - Bun.stringWidth(shown)) + 2;
    line += `${shown === "" ? "" : paint(shown)}${" ".repeat(padding)}`;
    left -= width + 2;
  }
  return line.trimEnd();
}

function cut(text: string, width: number): string {
  if (Bun.stringWidth(text) <= width) return text;
  return width < 1 ? "" : `${start(Bun.stripANSI(text), width - 1)}…`;
}

/** A text with its middle left out where it is wider: of names and paths, the end often tells them apart. */
export function shortened(text: string, width: number): string {
  const full = Bun.stringWidth(text);
  if (full <= width) return text;
  const tail = Math.floor((width - 1) / 2);
  return `${start(text, width - 1 - tail)}…${Bun.sliceAnsi(text, full - tail, full)}`;
}

/** As many characters as fit: a wide one does not fit into one column. */
function start(text: string, width: number): string {
  const kept = Bun.sliceAnsi(text, 0, width);
  return Bun.stringWidth(kept) <= width ? kept : Bun.sliceAnsi(text, 0, width - 1);
}
