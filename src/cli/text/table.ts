import { oneLine } from "../../lib/printable.ts";

/** Formats rows in columns, two blanks apart; the last column is cut to the width. */
export function renderTable(
  texts: readonly (readonly string[])[],
  options: { readonly columns: number },
): string {
  const rows = texts.map((row) => row.map(oneLine));
  const widths: number[] = [];
  for (const row of rows) {
    for (const [index, cell] of row.entries())
      widths[index] = Math.max(widths[index] ?? 0, Bun.stringWidth(cell));
  }
  return rows.map((row) => `${renderRow(row, { widths, columns: options.columns })}\n`).join("");
}

function renderRow(row: readonly string[], layout: { widths: readonly number[]; columns: number }): string {
  let line = "";
  for (const [index, cell] of row.entries()) {
    const isLast = index === row.length - 1;
    const padding = isLast ? 0 : (layout.widths[index] ?? 0) - Bun.stringWidth(cell) + 2;
    line += isLast ? cut(cell, layout.columns - Bun.stringWidth(line)) : cell + " ".repeat(padding);
  }
  return line.trimEnd();
}

/** A narrower column would be unreadable: the line wraps instead. */
const MIN_CUT_WIDTH = 12;

function cut(text: string, width: number): string {
  if (Bun.stringWidth(text) <= width || width < MIN_CUT_WIDTH) return text;
  let kept = Bun.stripANSI(text);
  while (Bun.stringWidth(kept) > width - 1) kept = kept.slice(0, -1);
  return `${kept}…`;
}
