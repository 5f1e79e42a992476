import { err, ok, type Result } from "../../lib/result.ts";
import { type Fault, fault } from "../fault.ts";
import type { Span } from "../value.ts";

/** A word of a directive and its place in the script. */
export interface PlacedWord {
  readonly text: string;
  readonly span: Span;
}

/** A word as sbatch reads it: quotes and backslashes as in a shell, and a `#` without a quote begins a comment. */
const WORD = /(?:[^\s'"\\#]|'[^']*'|"(?:[^"\\]|\\.)*"|\\.)+/y;
const PART = /'[^']*'|"(?:[^"\\]|\\.)*"|\\.|[^'"\\]+/g;

/** Splits a directive into words; no variable is expanded. `start` is its offset in the script. */
export function directiveWords(text: string, start: number): Result<PlacedWord[], Fault[]> {
  const words: PlacedWord[] = [];
  let at = 0;
  for (;;) {
    at += /^\s*/.exec(text.slice(at))?.[0].length ?? 0;
    if (at >= text.length || text.startsWith("#", at)) return ok(words);
    WORD.lastIndex = at;
    const [word] = WORD.exec(text) ?? [];
    if (word === undefined)
      return err([
        fault({ start: start + at, end: start + text.length }, "a quote is not closed, wanted another one"),
      ]);
    words.push({ text: unquoted(word), span: { start: start + at, end: start + at + word.length } });
    at += word.length;
  }
}

function unquoted(word: string): string {
  return word.replaceAll(PART, (part) => {
    if (part.startsWith("'")) return part.slice(1, -1);
    if (part.startsWith('"')) return part.slice(1, -1).replaceAll(/\\(.)/g, "$1");
    return part.startsWith("\\") ? part.slice(1) : part;
  });
}
