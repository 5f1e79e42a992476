import { cut, isBlank, type LineParts, lineParts } from "./line.ts";
import { type At, blockAbove, isContent, lineAbove, type SlipRow, slip } from "./slip.ts";

/** Characters that look like a blank, or like nothing. */
const ODD = /[\u00A0\u1680\u2000-\u200B\u202F\u205F\u3000\uFEFF]/g;
const NO_WIDTH = /[\u200B\uFEFF]/g;

/** A no-break space in the indentation or behind a key, as it comes from web pages and chats. */
export const oddBlank: SlipRow = (at) => {
  const { text } = at.line;
  const colon = text.indexOf(":");
  if (colon === -1) return null;
  let end = colon + 1;
  while (end < text.length && (isBlank(text[end]) || (text[end] ?? "").search(ODD) === 0)) end += 1;
  const head = text.slice(0, end);
  const found = head.search(ODD);
  if (found === -1) return null;
  const plain = head.replaceAll(NO_WIDTH, "").replaceAll(ODD, " ");
  const code = (head.codePointAt(found) ?? 0).toString(16).toUpperCase().padStart(4, "0");
  return slip(at, {
    kind: "odd blank",
    message: `the character U+${code}${code === "00A0" ? " (no-break space)" : ""} is not a space in YAML`,
    hint: "write spaces",
    marked: { from: found, to: found + 1 },
    fix: { from: 0, to: end, text: plain },
  });
};

/** A tab in the indentation. */
export const tab: SlipRow = (at) => {
  const { line } = at;
  if (isContent(at) || !line.text.slice(0, line.indent).includes("\t")) return null;
  return slip(at, {
    kind: "tab",
    message: "the line is indented with a tab, which YAML does not allow",
    hint: "indent it with spaces",
    marked: { from: 0, to: line.indent },
    fix: { from: 0, to: line.indent, text: " ".repeat(indentFor(at)) },
  });
};

/** How far a line is to be indented after those above it. */
function indentFor(at: At): number {
  const block = blockAbove(at, at.row);
  if (block !== null) return block.indent;
  const above = lineAbove(at, at.row)?.line;
  if (above === undefined) return 0;
  const { indent, content, value } = above;
  return above.key !== undefined && value.from === value.to
    ? content + 2
    : content > indent
      ? content
      : indent;
}

/** The text of `run: |` that is not indented. */
export const blockText: SlipRow = (at) => {
  const { line, row } = at;
  if (isContent(at) || line.text.trim() === "") return null;
  const block = blockAbove(at, row);
  if (block === null || line.indent >= block.indent) return null;
  // With its colon it is the next key.
  if (line.key !== undefined && line.indent <= block.header.indent) return null;
  const { header } = block;
  const name = header.key === undefined ? "" : cut(header, header.key);
  const isFirst = lineAbove(at, row)?.line.text === header.text;
  return slip(at, {
    kind: "block text",
    message: `the text of "${name}: ${cut(header, header.value)}" is not indented${isFirst ? "" : " like its first line"}`,
    hint: "indent each of its lines",
    marked: { from: 0, to: Math.max(1, line.text.length) },
    fix: { from: 0, to: line.indent, text: " ".repeat(block.indent) },
  });
};

/** `run: a` with ` timeout: 5m` below it. */
export const deeper: SlipRow = (at) => {
  const { code, line, lines, row } = at;
  if (code !== "BLOCK_AS_IMPLICIT_KEY" || line.key === undefined) return null;
  const below = lineParts(lines.row(row + 1));
  if (below.indent <= line.indent) return null;
  if (below.key === undefined) {
    const name = cut(line, line.key);
    return slip(at, {
      kind: "text of several lines",
      message: 'YAML reads ": " within a text of several lines as the end of a key',
      hint: `write ${name}: | here, and the whole text below it, indented`,
      marked: line.value,
    });
  }
  return {
    row: row + 1,
    kind: "indented deeper",
    message: "the line is indented deeper than the key above it, which has a value already",
    hint: "indent both the same",
    marked: { from: 0, to: below.key.to },
    fix: { from: 0, to: below.indent, text: " ".repeat(line.content) },
  };
};

/** A first line that is indented by accident, or one line that is not. */
export const unlike: SlipRow = (at) => {
  const { line, row } = at;
  if (isContent(at) || line.indent > 0 || line.key === undefined) return null;
  const above = linesAbove(at, row);
  const [nearest] = above;
  if (nearest === undefined || above.some(({ line: { indent } }) => indent === 0)) return null;
  const isFirst = above.length === 1;
  const wrong: { row: number; line: LineParts } = isFirst ? nearest : at;
  const indent = isFirst ? 0 : Math.min(...above.map((one) => one.line.indent));
  return {
    row: wrong.row,
    kind: "indented unlike",
    message: `the line is indented ${isFirst ? "deeper" : "less"} than those ${isFirst ? "below" : "above"} it`,
    hint: "indent all keys of a task alike",
    marked: { from: 0, to: wrong.line.key?.to ?? 1 },
    fix: { from: 0, to: wrong.line.indent, text: " ".repeat(indent) },
  };
};

/** More lines above say no more about the indentation. */
const MAX_ABOVE = 100;

function linesAbove(at: At, row: number): { row: number; line: LineParts }[] {
  const found: { row: number; line: LineParts }[] = [];
  for (let one = lineAbove(at, row); one !== null && found.length < MAX_ABOVE; one = lineAbove(at, one.row))
    found.push(one);
  return found;
}
