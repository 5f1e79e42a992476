import { err, ok, type Result } from "../../lib/result.ts";
import { type Fault, fault } from "../fault.ts";
import type { Span } from "../value.ts";

/** One record of a CSV text; a quoted cell may hold line ends, so it may take several lines. */
export interface CsvRow {
  readonly cells: readonly string[];
  readonly span: Span;
}

/** Reads CSV (RFC 4180); line ends may be LF too, and empty lines are ignored. */
export function parseCsv(text: string): Result<CsvRow[], Fault[]> {
  const rows: CsvRow[] = [];
  let at = 0;
  while (at < text.length) {
    const row = rowAt(text, at);
    if (!row.ok) return row;
    const { cells, end, next } = row.value;
    if (end > at) rows.push({ cells, span: { start: at, end } });
    at = next;
  }
  return ok(rows);
}

/** A cell, and the offset after it. */
interface Cell {
  readonly text: string;
  readonly end: number;
}

function rowAt(text: string, start: number): Result<{ cells: string[]; end: number; next: number }, Fault[]> {
  const cells: string[] = [];
  let at = start;
  for (;;) {
    const cell = text[at] === '"' ? quotedCell(text, at) : plainCell(text, at);
    if (!cell.ok) return cell;
    cells.push(cell.value.text);
    at = cell.value.end;
    if (text[at] !== ",") break;
    at += 1;
  }
  const lineEnd = text.startsWith("\r\n", at) ? 2 : 1;
  return ok({ cells, end: at, next: at + lineEnd });
}

function plainCell(text: string, start: number): Result<Cell, Fault[]> {
  const rest = /[^,\n]*/y;
  rest.lastIndex = start;
  const whole = rest.exec(text)?.[0] ?? "";
  const isLineEnd = text[start + whole.length] !== ",";
  const cell = isLineEnd ? whole.replace(/\r$/, "") : whole;
  const end = start + cell.length;
  const quote = cell.indexOf('"');
  if (quote === -1) return ok({ text: cell, end });
  return err([
    fault(
      { start: start + quote, end: start + quote + 1 },
      "there is a quote in the middle of a cell",
      'put quotes around the whole cell, and write "" for a quote in it',
    ),
  ]);
}

function quotedCell(text: string, start: number): Result<Cell, Fault[]> {
  let at = start + 1;
  let cell = "";
  for (;;) {
    const quote = text.indexOf('"', at);
    if (quote === -1) return err([fault({ start, end: start + 1 }, "the quote is not closed")]);
    cell += text.slice(at, quote);
    at = quote + 1;
    if (text[at] !== '"') break;
    cell += '"';
    at += 1;
  }
  if (at >= text.length || text[at] === "," || /^\r?(\n|$)/.test(text.slice(at, at + 2)))
    return ok({ text: cell, end: at });
  return err([
    fault(
      { start: at, end: at + 1 },
      "there is text after a closed quote",
      'write "" for a quote within quotes',
    ),
  ]);
}
