import { isTopKey } from "./known.ts";
import { cut, isBlank, plainOrQuoted, skip } from "./line.ts";
import { TEXTS } from "./signs.ts";
import { type At, isContent, lineAbove, type Slip, type SlipRow, slip } from "./slip.ts";

/** `timeout:5m`, `timeout 5m`, `timeout = 5m`, `timeout=5m`: a known key without its `: `. */
export const separator: SlipRow = (at) => {
  const { text, content, key, value } = at.line;
  if (key !== undefined) return null;
  const end = skip(text, content, (sign) => /[\w.-]/.test(sign ?? ""));
  const name = text.slice(content, end);
  const sign = skip(text, end, isBlank);
  const between = text[sign] === "=" || text[sign] === ":" ? sign + 1 : sign;
  const from = skip(text, between, isBlank);
  if (from === end || from >= value.to || !isTopKey(name)) return null;
  const rest = text.slice(from, value.to);
  return slip(at, {
    kind: "no separator",
    message: text[end] === ":" ? `there is no space after "${name}:"` : `there is no colon after "${name}"`,
    hint: "write KEY: VALUE",
    marked: { from: content, to: Math.min(from, value.to) },
    fix: { from: content, to: value.to, text: `${name}: ${plainOrQuoted(rest)}` },
  });
};

/** `run: [ls, /]`, and `command: [echo hi, echo ho]`: a list of words where a line is meant, and of lines where words are. */
export const program: SlipRow = (at) => {
  const { line } = at;
  const { key, value } = line;
  if (!isContent(at) || key === undefined) return key === undefined ? programBelow(at) : null;
  const [name, typed] = [cut(line, key), cut(line, value)];
  if (name !== "command" && !isOfShell(name)) return null;
  const to = { from: key.from, to: value.to };
  if (!typed.startsWith("["))
    return name === "command" && typed !== ""
      ? asFault(at, { ...to, text: `run: ${plainOrQuoted(withoutQuotes(typed))}` })
      : null;
  const items = itemsOf(typed);
  if (items === null) return null;
  const areLines = items.some((item) => /\s/.test(item)) && !/["']/.test(typed);
  const fix = areLines
    ? { ...to, text: `run: ${plainOrQuoted(items.join(" && "))}` }
    : { ...key, text: "command" };
  if (!areLines && name === "command") return null;
  return name === "command" ? asFault(at, fix) : slip(at, { ...listFor(name, areLines), marked: value, fix });
};

function isOfShell(name: string): boolean {
  return name === "run" || name === "script";
}

function listFor(name: string, areLines: boolean): Pick<Slip, "kind" | "message" | "hint"> {
  return {
    kind: "list",
    message: `"${name}" is a list, wanted one text`,
    hint: areLines
      ? "write one line, or several below run: |"
      : "write command: for a program and its arguments",
  };
}

/** A fence of Markdown around a text that was copied from a page or a chat. */
export const fence: SlipRow = (at) => {
  const { text } = at.line;
  if (!/^\s*(?:```|~~~)/.test(text)) return null;
  const whole = { from: 0, to: text.length };
  return slip(at, {
    kind: "fence",
    message: "the line is a fence of Markdown, which is no part of the file",
    hint: "remove it, and the other one",
    marked: whole,
    fix: { ...whole, text: "" },
  });
};

/** `run: cd x &&` with the rest of the text at the margin. */
export const textAtMargin: SlipRow = (at) => {
  const { line, row } = at;
  const above = lineAbove(at, row)?.line;
  if (isContent(at) || line.key !== undefined || above?.key === undefined) return null;
  const name = cut(above, above.key);
  if (!TEXTS.has(name) || above.value.from === above.value.to || line.indent > above.indent) return null;
  return slip(at, {
    kind: "text at the margin",
    message: `the line has no key, and is not indented as a part of "${name}"`,
    hint: `write ${name}: | and the whole text below it, indented`,
    marked: { from: line.indent, to: line.text.length },
  });
};

/** `run:` with a list below it. */
function programBelow(at: At): Slip | null {
  const { line, row } = at;
  const above = lineAbove(at, row)?.line;
  const name = above?.key === undefined ? "" : cut(above, above.key);
  if (line.content === line.indent || !isOfShell(name)) return null;
  return slip(at, {
    ...listFor(name, true),
    hint: `write ${name}: | and each line below it, indented, without its dash`,
    marked: line.value,
  });
}

/** The words of the fault stay; only the line is new. */
function asFault(at: At, fix: NonNullable<Slip["fix"]>): Slip {
  const { line, message, hint } = at;
  return slip(at, {
    kind: "program",
    message,
    hint: hint ?? "write run: for a shell line",
    marked: line.value,
    fix,
  });
}

/** The items of a list in brackets on one line; null where it is none, or nested. */
function itemsOf(typed: string): string[] | null {
  const inner = typed.slice(1, -1);
  if (!typed.endsWith("]") || /[[\]{}]/.test(inner)) return null;
  return inner.split(",").map((item) => item.trim());
}

function withoutQuotes(typed: string): string {
  const quote = typed[0];
  const isQuoted = (quote === '"' || quote === "'") && typed.endsWith(quote) && typed.length > 1;
  return isQuoted && !typed.slice(1, -1).includes(quote) ? typed.slice(1, -1) : typed;
}
