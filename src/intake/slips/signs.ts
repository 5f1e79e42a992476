import { isKnownKey, meaningOf } from "../key-names.ts";
import { OF_CONFIG } from "./known.ts";
import { type Columns, cut, inYamlQuotes, isBlank, plainOrQuoted } from "./line.ts";
import { type At, isBlockHeader, isContent, type Slip, type SlipRow, slip } from "./slip.ts";

const QUOTES = "put quotes around the value";

/** What YAML makes of a sign at the beginning of a value. */
const READINGS: Readonly<Record<string, string>> = {
  "*": "as an alias",
  "&": "as an anchor",
  "!": "as a tag",
  "[": "as a list",
  "{": "as a mapping",
  "%": "as a directive",
  "-": "as an item of a list",
  "?": "as a key",
  "@": "",
  "`": "",
  ",": "",
  "]": "",
  "}": "",
};

/** `cron: * * * * *`, `run: [ -f x ] && y`, `run: @x`: a value whose first sign has a meaning in YAML. */
export const firstSign: SlipRow = (at) => {
  const { line, column } = at;
  const { value, key } = line;
  if (key === undefined || column < value.from || value.from === value.to) return null;
  const sign = line.text[value.from] ?? "";
  if (!Object.hasOwn(READINGS, sign)) return null;
  if (sign === "[" && isCommandLine(at))
    return slip(at, {
      ...readingOf(sign),
      hint: "write run: for a line of a shell, with quotes around it",
      marked: value,
      fix: { from: key.from, to: value.to, text: `run: ${inYamlQuotes(cut(line, value))}` },
    });
  if ((sign === "[" || sign === "{") && !isText(at)) return null;
  // An alias whose anchor is missing, in the words of the fault.
  if (sign === "*" && isContent(at) && /^\*[\w-]+$/.test(cut(line, value))) return null;
  // `!!str` is a tag that is meant.
  if (sign === "!" && line.text[value.from + 1] === "!") return null;
  if ((sign === "-" || sign === "?") && !isBlank(line.text[value.from + 1])) return null;
  return slip(at, {
    ...readingOf(sign),
    marked: value,
    fix: { ...value, text: inYamlQuotes(cut(line, value)) },
  });
};

function readingOf(sign: string): Pick<Slip, "kind" | "message" | "hint"> {
  const reading = READINGS[sign] ?? "";
  const message =
    reading === ""
      ? `YAML allows no value that begins with "${sign}"`
      : `YAML reads "${sign}" at the beginning of a value ${reading}`;
  return { kind: `begins with ${sign}`, message, hint: QUOTES };
}

/** `command: [ -f x ] && y` is no list of words. */
function isCommandLine(at: At): boolean {
  const { line } = at;
  const isCommand = line.key !== undefined && cut(line, line.key) === "command";
  return isCommand && !isContent(at) && !cut(line, line.value).endsWith("]");
}

/** True where brackets can only be meant as signs of a text. */
function isText(at: At): boolean {
  const { line } = at;
  const { value, key } = line;
  const typed = cut(line, value);
  const name = key === undefined ? "" : cut(line, key);
  if (TEXTS.has(name))
    return !isContent(at) || typed.startsWith("{") || /^\[(?:\[| (?:-|[^,]* \]$))/.test(typed);
  const isOwn = line.indent > 0 && !isKnownKey(name);
  return isOwn && !/[\]}]$/.test(typed);
}

/** Keys whose value is one text in which brackets are usual. */
export const TEXTS: ReadonlySet<string> = new Set(["run", "script", "cron"]);

/** `env: {A: @x}`: the same within brackets. */
export const signInFlow: SlipRow = (at) => {
  const { line, column } = at;
  const { value } = line;
  const opening = line.text[value.from] ?? "";
  if ((opening !== "{" && opening !== "[") || column <= value.from || column >= value.to) return null;
  const sign = line.text[column] ?? "";
  if (!Object.hasOwn(READINGS, sign) || "[]{},-?".includes(sign)) return null;
  const token = tokenIn(line.text, { from: column, to: value.to });
  return slip(at, {
    ...readingOf(sign),
    marked: token,
    fix: { ...token, text: inYamlQuotes(cut(line, token)) },
  });
};

/** `env: {A: ${{ matrix.a }}}`: a placeholder within brackets opens two mappings. */
export const placeholderInFlow: SlipRow = (at) => {
  const { line, column } = at;
  const start = line.text.indexOf("${{", Math.max(0, column - 2));
  if (start === -1 || start > column) return null;
  const end = line.text.indexOf("}}", start);
  if (end === -1 || !/[{[]/.test(line.text.slice(0, start))) return null;
  const rest = tokenIn(line.text, { from: end + 2, to: line.value.to });
  const token = { from: start, to: Math.max(end + 2, rest.to) };
  return slip(at, {
    kind: "placeholder in brackets",
    message: "not valid YAML: a placeholder within {…} or […] opens a mapping",
    hint: 'put quotes around it: "${{ … }}"',
    marked: { from: column, to: column + 1 },
    fix: { ...token, text: inYamlQuotes(cut(line, token)) },
  });
};

/** From a column to the next sign that ends an item of a flow collection. */
function tokenIn(text: string, { from, to }: Columns): Columns {
  let end = from;
  while (end < to && !",]}".includes(text[end] ?? "")) end += 1;
  return { from, to: from + text.slice(from, end).trimEnd().length };
}

/** `run: | echo hi`, `run: >out echo`: a sign that begins a block of text, with text behind it. */
export const blockSign: SlipRow = (at) => {
  const { line, row, lines } = at;
  const { value, key } = line;
  const sign = line.text[value.from] ?? "";
  if (key === undefined || isContent(at) || (sign !== "|" && sign !== ">") || isBlockHeader(line))
    return null;
  if (!isBlank(line.text[value.from + 1])) {
    const message = `YAML reads "${sign}" at the beginning of a value as the beginning of a block of text`;
    const fix = { ...value, text: inYamlQuotes(cut(line, value)) };
    return slip(at, { kind: `begins with ${sign}`, message, hint: QUOTES, marked: value, fix });
  }
  const text = line.text.slice(value.from + 1, value.to).trim();
  const below = lines.row(row + 1);
  const goesOn = below.trim() !== "" && isBlank(below[line.indent]);
  const name = cut(line, key);
  return slip(at, {
    kind: "text beside a block sign",
    message: `the text after "${sign}" begins on the next line`,
    hint: goesOn
      ? `end this line after ${name}: ${sign}, and write the rest on a line of its own below it`
      : `leave "${sign}" out, or write the text below it, indented`,
    marked: value,
    ...(!goesOn && { fix: { ...value, text: plainOrQuoted(text) } }),
  });
};

/** `run: # x`: a comment where the value is meant. */
export const comment: SlipRow = (at) => {
  const { line } = at;
  const { value, key } = line;
  if (key === undefined || !isContent(at) || line.text[value.from] !== "#") return null;
  return slip(at, {
    kind: "comment",
    message: `"${cut(line, key)}" is empty: what follows "#" is a comment`,
    hint: "put quotes around it if it is the value",
    marked: value,
    fix: { ...value, text: inYamlQuotes(cut(line, value)) },
  });
};

/** `run: echo a: b`. */
export const colonInValue: SlipRow = (at) => {
  const { line, code } = at;
  const { value, key } = line;
  const text = cut(line, value);
  if (key === undefined || code !== "BLOCK_AS_IMPLICIT_KEY" || !/:(?:[ \t]|$)/.test(text)) return null;
  if (takesMapping(cut(line, key)))
    return slip(at, {
      kind: "mapping beside its key",
      message: "YAML allows no second key on the line of a key",
      hint: "put braces around the mapping, or write it below its key, indented",
      marked: value,
      fix: { ...value, text: `{${text}}` },
    });
  return slip(at, {
    kind: "colon in a value",
    message: 'YAML reads ": " within a value as the end of a key',
    hint: QUOTES,
    marked: value,
    fix: { ...value, text: inYamlQuotes(text) },
  });
};

function takesMapping(name: string): boolean {
  const meaning = meaningOf(name);
  const isOpen = meaning.type === "field" && meaning.field.isOpen === true && meaning.child === undefined;
  return isOpen || meaning.type === "group" || name === "task" || name === "matrix" || OF_CONFIG.has(name);
}
