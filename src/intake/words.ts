import { err, ok, type Result } from "../lib/result.ts";

/** A word of a command line, quoted or not. */
const WORD = /(?:[^\s'"\\]|'[^']*'|"(?:[^"\\]|\\[\s\S])*"|\\[\s\S])+/g;

/** Splits a line into words as a POSIX shell would, without expanding anything; the error says what is not closed. */
export function splitWords(line: string): Result<string[], string> {
  const rest = line.replaceAll(WORD, "").trim();
  if (rest !== "")
    return err(
      rest.startsWith("\\") ? "it ends with a backslash" : `a quote (${rest.charAt(0)}) is not closed`,
    );
  return ok([...line.matchAll(WORD)].map(([word]) => unquoted(word)));
}

function unquoted(word: string): string {
  return word.replaceAll(
    /'([^']*)'|"((?:[^"\\]|\\[\s\S])*)"|\\([\s\S])/g,
    (_, single?: string, double?: string, escaped?: string) => {
      if (double !== undefined)
        return double.replaceAll(/\\([$`"\\\n])/g, (_all, after: string) => (after === "\n" ? "" : after));
      return single ?? (escaped === "\n" ? "" : (escaped ?? ""));
    },
  );
}
