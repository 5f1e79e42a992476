import { err, ok, type Result } from "../lib/result.ts";

const NAME = /(?:export[ \t]+)?([A-Za-z_]\w*)[ \t]*=[ \t]*/y;
const SINGLE = /'([^']*)'/y;
const DOUBLE = /"((?:[^"\\]|\\[^])*)"/y;
const BARE = /[^\r\n]*/y;
/** What may follow a value on its line. */
const REST = /[ \t]*(?:#[^\n]*)?\r?(?:\n|$)/y;
const BLANK = /(?:[ \t]*(?:#[^\n]*)?\r?\n)*[ \t]*(?:#[^\n]*)?/y;

/**
 * Parses dotenv syntax: one `NAME=value` per line, an optional `export`, comments, and quotes that may span lines; `$NAME` is not
 * expanded. The error names the line, and never its content.
 */
export function parseDotenv(text: string): Result<Record<string, string>, string> {
  const source = text.replace(/^\uFEFF/, "");
  const variables = new Map<string, string>();
  let at = 0;
  const match = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at;
    const found = pattern.exec(source);
    if (found !== null) at = pattern.lastIndex;
    return found;
  };
  for (;;) {
    match(BLANK);
    if (/^\s*$/.test(source.slice(at))) return ok(Object.fromEntries(variables));
    const begin = at;
    // Counted only for an error: counting for each variable would take quadratic time.
    const line = (): string => `line ${source.slice(0, begin).split("\n").length}`;
    const name = match(NAME)?.[1];
    if (name === undefined) return err(`${line()} is no NAME=value`);
    const isQuoted = source[at] === '"' || source[at] === "'";
    const value = isQuoted
      ? (match(SINGLE)?.[1] ?? unescaped(match(DOUBLE)?.[1]))
      : (match(BARE)?.[0] ?? "").replace(/(^|\s)#.*/, "").trim();
    if (value === undefined || (isQuoted && match(REST) === null))
      return err(`${line()} has a quote that is not closed, or text after it`);
    if (value.includes("\0")) return err(`${line()} holds a NUL character`);
    variables.set(name, value);
  }
}

const ESCAPES: Readonly<Record<string, string>> = { n: "\n", r: "\r", t: "\t" };

function unescaped(text: string | undefined): string | undefined {
  return text?.replaceAll(/\\([^])/g, (whole, sign: string) =>
    /["\\$`]/.test(sign) ? sign : (ESCAPES[sign] ?? whole),
  );
}
