/** A range of columns of a line, 0-based, the end excluded. */
export interface Columns {
  readonly from: number;
  readonly to: number;
}

/** The parts of a line `  - key: value  # comment`, without an understanding of YAML. Each is found in one pass. */
export interface LineParts {
  readonly text: string;
  /** Where the blanks and tabs at its beginning end. */
  readonly indent: number;
  /** Where the signs of list items (`- `) after these end. */
  readonly content: number;
  /** Absent where there is no `:` before a blank or the end of the line. */
  readonly key?: Columns;
  /** Without the blanks around it and the comment after it; empty at its end where there is none. */
  readonly value: Columns;
}

/** Splits a line into its parts. */
export function lineParts(text: string): LineParts {
  const indent = skip(text, 0, isBlank);
  let content = indent;
  while (text[content] === "-" && isBlank(text[content + 1])) content = skip(text, content + 1, isBlank);
  const colon = colonAfterKey(text, content);
  const start = skip(text, colon === null ? content : colon + 1, isBlank);
  const to = commentStart(text, start);
  const value = { from: start, to: start + text.slice(start, to).trimEnd().length };
  return { text, indent, content, ...(colon !== null && { key: { from: content, to: colon } }), value };
}

/** The colon that ends a key: the first one before a blank or the end, outside of quotes that begin the line. */
function colonAfterKey(text: string, from: number): number | null {
  const quote = text[from];
  const start = quote === '"' || quote === "'" ? text.indexOf(quote, from + 1) : from;
  for (let at = text.indexOf(":", Math.max(start, from)); at !== -1; at = text.indexOf(":", at + 1)) {
    const next = text[at + 1];
    if (at > from && (next === undefined || isBlank(next)))
      return NO_KEY.test(text.slice(from, at)) ? null : at;
  }
  return null;
}

/** What the keys of task files do not have without quotes around them. */
const NO_KEY = /^[^"'].*[\s{}[\]"'(),;&|$]|^[-*&!|>%@`{}[\]#]/;

/** Where a comment begins: at a `#` after a blank, outside of the quotes of a shell. The end of the line where there is none. */
function commentStart(text: string, from: number): number {
  let quote = "";
  for (let at = from; at < text.length; at += 1) {
    const sign = text[at] ?? "";
    if (quote !== "") {
      if (sign === "\\" && quote === '"') at += 1;
      else if (sign === quote) quote = "";
    } else if (sign === '"' || sign === "'") quote = sign;
    else if (sign === "#" && at > from && isBlank(text[at - 1])) return at;
  }
  return text.length;
}

/** The first place from one on at which a test fails. */
export function skip(text: string, from: number, isSkipped: (sign: string | undefined) => boolean): number {
  let at = from;
  while (at < text.length && isSkipped(text[at])) at += 1;
  return at;
}

/** True for a blank or a tab. */
export function isBlank(sign: string | undefined): boolean {
  return sign === " " || sign === "\t";
}

/** The text of some columns. */
export function cut({ text }: Pick<LineParts, "text">, { from, to }: Columns): string {
  return text.slice(from, to);
}

/** A text of one line as YAML reads it back, in the quotes that need the least change. */
export function inYamlQuotes(text: string): string {
  return /["\\]/.test(text) ? `'${text.replaceAll("'", "''")}'` : `"${text}"`;
}

/** A text as a value without quotes where YAML reads it back as it is; one in quotes stays as it is. */
export function plainOrQuoted(text: string): string {
  const isQuoted = /^(?:"[^"\\]*"|'[^']*')$/.test(text);
  const isOdd = /^[-?*&![\]{}|>%@`,#"']|:(?:[ \t]|$)|[ \t]#/.test(text);
  return isQuoted || !isOdd ? text : inYamlQuotes(text);
}
