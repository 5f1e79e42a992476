import { err, ok, type Result } from "../lib/result.ts";

/** A word of a command line, quoted or not. */
const WORD = /(?:[^\s'"\\]|'[^']*'|"(?:[^"\\]|\\[\s\S])*"|\\[\s\S])+/g;

/** Splits a line into words as a POSIX shell does, without expansion; the error says what is not closed. */
export function splitWords(line: string): Result<string[], string> {
  const rest = line.replaceAll(WORD, "").trim();
  if (rest !== "")
    return err(
      rest.startsWith("\\") ? "it ends with a backslash" : `a quote (${rest.charAt(0)}) is not closed`,
    );
  return ok([...line.matchAll(WORD)].map(([word]) => unquoted(word)));
}

const PART = /'[^']*'|"(?:[^"\\]|\\[\s\S])*"|\\[\s\S]|[^'"\\]+/g;

function unquoted(word: string): string {
  return word.replaceAll(PART, (part) => {
    if (part.startsWith("'")) return part.slice(1, -1);
    if (part.startsWith("\\")) return part === "\\\n" ? "" : part.slice(1);
    if (!part.startsWith('"')) return part;
    // In double quotes a backslash is literal, except before these (POSIX shell, 2.2.3).
    return part
      .slice(1, -1)
      .replaceAll(/\\[$`"\\\n]/g, (escaped) => (escaped === "\\\n" ? "" : escaped.slice(1)));
  });
}
