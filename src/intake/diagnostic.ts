import type { Fault, Source } from "./fault.ts";
import { NOWHERE } from "./value.ts";

/** A fault with its place in a file, for people and editors. */
export interface Diagnostic {
  readonly file: string;
  /** 1-based. */
  readonly line: number;
  /** 1-based, in UTF-16 units, as editors count. */
  readonly column: number;
  readonly message: string;
  /** What to write instead. */
  readonly hint?: string;
  /** The line, or the part of a very long one around the fault. */
  readonly sourceLine: string;
  /** Where in `sourceLine` the fault begins, 0-based. */
  readonly caret: number;
  /** The width of the fault in `sourceLine`, at least 1, even at the end of the line. */
  readonly width: number;
  /** The whole line as it is meant, to be pasted in place of the line. */
  readonly corrected?: string;
  /** True for the value of a flag, which is in no text. */
  readonly isOfFlag?: true;
}

/** At most this many faults are reported; the others are counted. */
export const MAX_DIAGNOSTICS = 100;
/** A longer line (data on one line, a minified JSON) is shown in part. */
const MAX_SHOWN_CHARACTERS = 160;
const SHOWN_BEFORE = 60;
/** A longer line is not written out again. */
const MAX_CORRECTED_CHARACTERS = 400;

/** Locates faults in their texts, in the order of the text. */
export function diagnose(source: Source, faults: readonly Fault[]): Diagnostic[] {
  const ordered = faults.toSorted((left, right) => left.span.start - right.span.start);
  const counted = new Map<Source, CountedSource>();
  const diagnostics = ordered.slice(0, MAX_DIAGNOSTICS).map((fault) => {
    const of = fault.source ?? source;
    const known = counted.get(of) ?? withLines(of);
    counted.set(of, known);
    return placed(fault, known);
  });
  const left = faults.length - MAX_DIAGNOSTICS;
  const last = diagnostics.at(-1);
  if (left > 0 && last !== undefined)
    diagnostics.push({ ...last, message: `${left} more faults were left out`, hint: "correct these first" });
  return diagnostics;
}

interface CountedSource extends Source {
  /** The offsets at which its lines begin. */
  readonly starts: readonly number[];
}

function withLines({ file, text }: Source): CountedSource {
  const starts = [0];
  for (let at = text.indexOf("\n"); at !== -1; at = text.indexOf("\n", at + 1)) starts.push(at + 1);
  return { file, text, starts };
}

function placed({ span, message, hint, instead, source: own }: Fault, source: CountedSource): Diagnostic {
  const isOfFlag = span === NOWHERE && own === undefined;
  const index = source.starts.findLastIndex((start) => start <= span.start);
  const lineStart = source.starts[index] ?? 0;
  const before = span.start - lineStart;
  const newline = source.text.indexOf("\n", span.start);
  const whole = source.text.slice(lineStart, newline === -1 ? undefined : newline).replace(/\r$/, "");
  const window = windowOf(whole, before);
  const corrected = instead === undefined ? null : correctedLine({ text: whole, start: lineStart }, instead);
  const width = Math.max(1, Math.min(span.end - span.start, window.text.length - window.caret));
  return {
    file: source.file,
    line: index + 1,
    column: before + 1,
    message,
    ...(hint !== undefined && { hint }),
    sourceLine: window.text,
    caret: window.caret,
    width,
    ...(corrected !== null && { corrected }),
    ...(isOfFlag && { isOfFlag }),
  };
}

/** The line with a part of it replaced; null where the part is not of this line, or the line too long to be pasted. */
function correctedLine(
  { text, start }: { readonly text: string; readonly start: number },
  { span, text: meant }: NonNullable<Fault["instead"]>,
): string | null {
  const [from, to] = [span.start - start, span.end - start];
  if (from < 0 || to > text.length || text.length > MAX_CORRECTED_CHARACTERS) return null;
  const line = `${text.slice(0, from)}${meant}${text.slice(to)}`;
  return line === text || line.trim() === "" || /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u.test(line.replaceAll("\t", " "))
    ? null
    : line;
}

function windowOf(line: string, caret: number): { text: string; caret: number } {
  if (line.length <= MAX_SHOWN_CHARACTERS) return { text: line, caret };
  const start = wholeCharacterAt(line, Math.max(0, caret - SHOWN_BEFORE));
  const end = wholeCharacterAt(line, Math.min(line.length, start + MAX_SHOWN_CHARACTERS));
  const before = start > 0 ? "…" : "";
  const text = `${before}${line.slice(start, end)}${end < line.length ? "…" : ""}`;
  return { text, caret: caret - start + before.length };
}

/** Moves a cut out of the middle of a surrogate pair. */
function wholeCharacterAt(line: string, index: number): number {
  return /[\uDC00-\uDFFF]/.test(line[index] ?? "") ? index - 1 : index;
}

/** Formats a diagnostic: place and message, the line with carets under the fault, the hint, and the line that is meant. Plain text without a final newline. */
export function renderDiagnostic(of: Diagnostic): string {
  const before = shown(of.sourceLine.slice(0, of.caret));
  const marked = shown(of.sourceLine.slice(of.caret, of.caret + of.width), Bun.stringWidth(before));
  const rest = shown(of.sourceLine.slice(of.caret + of.width), Bun.stringWidth(before + marked));
  const gutter = String(of.line);
  const margin = " ".repeat(gutter.length);
  const carets = "^".repeat(Math.max(1, Bun.stringWidth(marked)));
  const lines = [
    `${shown(of.file)}:${of.line}:${of.column}: ${shown(of.message)}`,
    `  ${gutter} | ${before}${marked}${rest}`.trimEnd(),
    `  ${margin} | ${" ".repeat(Bun.stringWidth(before))}${carets}`,
  ];
  if (of.hint !== undefined) lines.push(`  ${margin} = ${shown(of.hint)}`);
  // As a compiler shows what it suggests: this line in place of the one above.
  if (of.corrected !== undefined) lines.push(`  ${gutter} + ${shown(of.corrected)}`);
  return lines.join("\n");
}

const TAB_WIDTH = 4;

/** Tabs as blanks up to the next stop, and control characters, which could change the terminal, as U+FFFD. */
function shown(text: string, column = 0): string {
  let result = "";
  for (const character of text) {
    if (character === "\t") {
      result += " ".repeat(TAB_WIDTH - ((column + Bun.stringWidth(result)) % TAB_WIDTH));
    } else {
      result +=
        /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u.test(character) && character !== "\u200D" ? "\uFFFD" : character;
    }
  }
  return result;
}
