import { type Columns, cut, inYamlQuotes, type LineParts, lineParts } from "./line.ts";
import { TEXTS } from "./signs.ts";
import { lineAbove, type SlipRow, slip } from "./slip.ts";

/** `run: "my prog" --x`: text after the quote that ends the value. */
export const textAfterQuote: SlipRow = (at) => {
  const { line, column } = at;
  const quote = quoteOf(line);
  const end = quote === null ? null : endOfQuote(line, quote);
  if (quote === null || end === null || end + 1 >= line.value.to || column <= line.value.from) return null;
  const { value } = line;
  return slip(at, {
    kind: "text after a quote",
    message: `the value ends at its second quote (${quote}), and text follows`,
    hint: "put quotes around all of it",
    marked: { from: end + 1, to: value.to },
    fix: { ...value, text: wholeOf(line, quote, end) },
  });
};

/** The quote that a value begins with. */
function quoteOf({ text, value, key }: LineParts): string | null {
  const first = text[value.from] ?? "";
  return key !== undefined && value.to > value.from && (first === '"' || first === "'") ? first : null;
}

/** Where YAML ends the inYamlQuotes text that a value begins with. */
function endOfQuote({ text, value }: LineParts, quote: string): number | null {
  for (let at = value.from + 1; at < value.to; at += 1) {
    if (text[at] === "\\" && quote === '"') at += 1;
    else if (text[at] === quote) {
      if (quote === '"' || text[at + 1] !== "'") return at;
      at += 1;
    }
  }
  return null;
}

/** An apostrophe in quotes (`'it's'`) belongs to the text; quotes around a word (`"a b" c`) are those of a shell. */
function wholeOf(line: LineParts, quote: string, end: number): string {
  const whole = cut(line, line.value);
  const isWithin = whole.endsWith(quote) && /\w/.test(line.text[end + 1] ?? "");
  return inYamlQuotes(isWithin ? whole.slice(1, -1) : whole);
}

/** `run: 'echo`: the parser tells it at the end of the text; the last quote of the text is the one that is not closed. */
export const openQuote: SlipRow = (at) => {
  const { message, lines, row, column } = at;
  const quote = /^Missing closing (['"])quote$/.exec(message)?.[1];
  if (quote === undefined) return null;
  for (let above = row; above >= 0; above -= 1) {
    const text = lines.row(above);
    const last = text.lastIndexOf(quote, above === row ? column : text.length);
    if (last === -1) continue;
    const line = lineParts(text);
    const { value } = line;
    if (value.from !== last || value.to === last + 1) return null;
    return {
      kind: "open quote",
      row: above,
      message: `the quote (${quote}) is not closed`,
      hint: "close it, or leave it out",
      marked: { from: last, to: last + 1 },
      fix: { from: value.to, to: value.to, text: quote },
    };
  }
  return null;
};

/** `args: [ls, /`: the parser tells it at the next line. */
export const openBracket: SlipRow = (at) => {
  const bracket = /must be sufficiently indented and end with a ([\]}])/.exec(at.message)?.[1];
  const above = bracket === undefined ? null : lineAbove(at, at.row);
  if (bracket === undefined || above === null) return null;
  const { value, key, text } = above.line;
  const opening = bracket === "]" ? "[" : "{";
  if (key === undefined || text[value.from] !== opening || text[value.to - 1] === bracket) return null;
  const isText = TEXTS.has(cut(above.line, key));
  return {
    kind: "open bracket",
    row: above.row,
    message: `the bracket (${opening}) is not closed`,
    hint: isText ? "put quotes around the value if it is text" : "close it",
    marked: { from: value.from, to: value.from + 1 },
    fix: isText
      ? { ...value, text: inYamlQuotes(cut(above.line, value)) }
      : { from: value.to, to: value.to, text: bracket },
  };
};

/** Signs that may follow a backslash in double quotes (YAML 1.2.2, 5.7). */
const ESCAPES = /^[0abtnvfre "/\\N_LPxuU\t]$/;

/** `cwd: "C:\data"`. */
export const badEscape: SlipRow = (at) => {
  const { line, code } = at;
  const quote = quoteOf(line);
  if (code !== "BAD_DQ_ESCAPE" || quote !== '"') return null;
  const { value } = line;
  const end = endOfQuote(line, quote);
  if (end === null || end + 1 !== value.to) return null;
  const inner: Columns = { from: value.from + 1, to: end };
  return slip(at, {
    kind: "backslash",
    message: 'a backslash between double quotes begins an escape such as "\\n", and this is none',
    hint: "use single quotes, or double the backslash",
    marked: { from: at.column, to: at.column + 2 },
    fix: { ...value, text: literal(cut(line, inner)) },
  });
};

function literal(inner: string): string {
  const isMeant = [...inner.matchAll(/\\(.)/g)].some(
    ([, sign = ""]) => ESCAPES.test(sign) && !/[xuU]/.test(sign),
  );
  if (!isMeant && !inner.includes("'")) return `'${inner}'`;
  const doubled = inner.replaceAll(/\\(.)/g, (pair: string, sign: string) =>
    ESCAPES.test(sign) && !/[xuU]/.test(sign) ? pair : `\\${pair}`,
  );
  return `"${doubled}"`;
}
