import { type Columns, type LineParts, lineParts } from "./line.ts";
import type { Lines } from "./lines.ts";

/** A place where a text cannot be read as it was meant. */
export interface At {
  readonly lines: Lines;
  /** 0-based. */
  readonly row: number;
  readonly column: number;
  readonly line: LineParts;
  /** The code of the parser's error; null where the text is valid YAML and its contents have the fault. */
  readonly code: string | null;
  /** The words of the parser, or of the fault. */
  readonly message: string;
  readonly hint?: string;
}

/** A usual slip: what is wrong, and the line that is meant. */
export interface Slip {
  /** The name of the row; a run of lines with the same slip is told once. */
  readonly kind: string;
  readonly row: number;
  /** What the carets mark. */
  readonly marked: Columns;
  readonly message: string;
  readonly hint: string;
  /** What to write in place of some columns of the same line; absent where one line is not enough. */
  readonly fix?: Columns & { readonly text: string };
}

/** One row of the table: the slip at a place, or null. Every row is linear in the text around the place. */
export type SlipRow = (at: At) => Slip | null;

/** True for the fault of a text that is valid YAML. */
export function isContent({ code }: At): boolean {
  return code === null;
}

/** A slip in the row of the error. */
export function slip(at: At, of: Omit<Slip, "row">): Slip {
  return { row: at.row, ...of };
}

/** The nearest line above that is neither empty nor a comment; null at the beginning of the document. */
export function lineAbove({ lines }: At, row: number): { row: number; line: LineParts } | null {
  for (let above = row - 1; above >= Math.max(0, row - MAX_ROWS); above -= 1) {
    const text = lines.row(above);
    if (text.startsWith("---")) return null;
    const first = text.trimStart();
    if (first !== "" && !first.startsWith("#")) return { row: above, line: lineParts(text) };
  }
  return null;
}

/** The line with the `|` or `>` whose text a row may belong to, and how its text is indented; null where there is none. */
export function blockAbove(at: At, row: number): { header: LineParts; indent: number } | null {
  const { indent: own } = lineParts(at.lines.row(row));
  let indent: number | null = null;
  for (let above = lineAbove(at, row), left = MAX_ROWS; above !== null && left > 0; left -= 1) {
    const { line } = above;
    if (isBlockHeader(line)) return { header: line, indent: indent ?? line.indent + 2 };
    // A line at the margin of what would be the key ends every block.
    if (line.indent === 0 || line.indent < own) return null;
    indent = line.indent;
    above = lineAbove(at, above.row);
  }
  return null;
}

/** Enough for the block or the mapping around a slip. */
const MAX_ROWS = 1_000;

/** True for `key: |`, with or without indicators. */
export function isBlockHeader({ text, value, key }: LineParts): boolean {
  return key !== undefined && /^[|>][-+1-9]{0,2}$/.test(text.slice(value.from, value.to));
}
