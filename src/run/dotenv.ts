import { err, ok, type Result } from "../lib/result.ts";

const NAME = /(?:export[ \t]+)?([A-Za-z_]\w*)[ \t]*=[ \t]*/y;
const SINGLE = /'([^']*)'/y;
const DOUBLE = /"((?:[^"\\]|\\[^])*)"/y;
const BARE = /[^\r\n]*/y;
/** What may stand between a value and the next line. */
const REST = /[ \t]*(?:#[^\n]*)?\r?(?:\n|$)/y;
const BLANK = /(?:[ \t]*(?:#[^\n]*)?\r?\n)*[ \t]*(?:#[^\n]*)?/y;

/**
 * Reads dotenv syntax: `NAME=value` by line, with `export` before it, comments, and quotes that may span lines; `$NAME` is
 * not expanded. The error names the line and nothing of what stands there.
 */
export function parseDotenv(text: string): Result<Record<string, string>, string> {
  const source = text.replace(/^\uFEFF/, "");
  const variables = new Map<string, string>();
  let at = 0;
  const take = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at;
    const match = pattern.exec(source);
    if (match !== null) at = pattern.lastIndex;
    return match;
  };
  for (;;) {
    take(BLANK);
    if (/^\s*$/.test(source.slice(at))) return ok(Object.fromEntries(variables));
    const line = source.slice(0, at).split("\n").length;
    const name = take(NAME)?.[1];
    if (name === undefined) return err(`line ${line} is no NAME=value`);
    const isQuoted = source[at] === '"' || source[at] === "'";
    const value = isQuoted
      ? (take(SINGLE)?.[1] ?? unescaped(take(DOUBLE)?.[1]))
      : take(BARE)?.[0]
          .replace(/(^|\s)#.*$/, "")
          .trim();
    if (value === undefined || (isQuoted && take(REST) === null))
      return err(`line ${line} has a quote that is not closed, or something behind it`);
    if (value.includes("\0")) return err(`line ${line} holds a NUL character`);
    variables.set(name, value);
  }
}

const ESCAPES: Readonly<Record<string, string>> = { n: "\n", r: "\r", t: "\t" };

function unescaped(text: string | undefined): string | undefined {
  return text?.replaceAll(/\\([^])/g, (whole, sign: string) =>
    /["\\$`]/.test(sign) ? sign : (ESCAPES[sign] ?? whole),
  );
}
