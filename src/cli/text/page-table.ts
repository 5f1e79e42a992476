import type { Style } from "./style.ts";
import { wrapped } from "./wrap.ts";

const GAP = "  ";
/** A narrower column of text is hard to read. */
const MIN_TEXT_WIDTH = 18;

type Rows = readonly (readonly string[])[];

/** Lays out rows, the first of which is the head, in columns whose cells wrap; where these were too narrow, a row is a paragraph. */
export function renderCells(
  rows: Rows,
  { width, style }: { readonly width: number; readonly style: Style },
): string[] {
  const [head = [], ...body] = rows;
  const widths = widthsOf(rows, width - GAP.length * (head.length - 1));
  if (widths === null) return body.flatMap((row) => paragraph(row, { head, width, style }));
  return [
    ...lineUp(head.map(style.bold), widths),
    widths.map((one) => "-".repeat(one)).join(GAP),
    ...body.flatMap((row) => lineUp(row, widths)),
  ];
}

/** Columns as wide as their text; else those of sentences share what the others leave. Null where they were too narrow. */
function widthsOf(rows: Rows, room: number): readonly number[] | null {
  const columns = (rows[0] ?? []).map((_, column) => rows.map((row) => Bun.stringWidth(row[column] ?? "")));
  const natural = columns.map((cells) => Math.max(...cells));
  const sum = (widths: readonly number[]): number => widths.reduce((all, one) => all + one, 0);
  if (sum(natural) <= room) return natural;
  const longest = columns.map((_, column) =>
    Math.max(...rows.flatMap((row) => (row[column] ?? "").split(" ").map((word) => Bun.stringWidth(word)))),
  );
  const isText = natural.map((one, column) => one > MIN_TEXT_WIDTH && (longest[column] ?? 0) < one);
  const least = natural.map((one, column) =>
    isText[column] ? Math.max(MIN_TEXT_WIDTH, longest[column] ?? 0) : one,
  );
  const left = room - sum(least);
  if (left < 0) return null;
  const weights = columns.map((cells, column) => (isText[column] ? Math.sqrt(sum(cells)) : 0));
  const share = (weight: number): number => Math.floor((left * weight) / sum(weights));
  return natural.map((one, column) =>
    isText[column] ? Math.min(one, (least[column] ?? 0) + share(weights[column] ?? 0)) : one,
  );
}

function lineUp(row: readonly string[], widths: readonly number[]): string[] {
  const cells = widths.map((width, column) => wrapped(row[column] ?? "", width));
  const height = Math.max(...cells.map((lines) => lines.length));
  return Array.from({ length: height }, (_, index) =>
    cells
      .map((lines, column) => {
        const text = lines[index] ?? "";
        return text + " ".repeat(Math.max(0, (widths[column] ?? 0) - Bun.stringWidth(text)));
      })
      .join(GAP)
      .trimEnd(),
  );
}

function paragraph(
  [name = "", ...cells]: readonly string[],
  { head, width, style }: { readonly head: readonly string[]; readonly width: number; readonly style: Style },
): string[] {
  const lines = cells.flatMap((cell, index) =>
    cell === "" ? [] : wrapped(`${head[index + 1] ?? ""}: ${cell}`, width - GAP.length),
  );
  return [style.bold(name), ...lines.map((line) => `${GAP}${line}`)];
}
