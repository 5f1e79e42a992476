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
    const begin = at;
    // Counted only where one is to be named: to count for each would go through the file as often as it has lines.
    const line = (): string => `line ${source.slice(0, begin).split("\n").length}`;
    const name = take(NAME)?.[1];
    if (name === undefined) return err(`${line()} is no NAME=value`);
    const isQuoted = source[at] === '"' || source[at] === "'";
    const value = isQuoted
      ? (take(SINGLE)?.[1] ?? unescaped(take(DOUBLE)?.[1]))
      : uncommented(take(BARE)?.[0] ?? "").trim();
    if (value === undefined || (isQuoted && take(REST) === null))
      return err(`${line()} has a quote that is not closed, or something behind it`);
    if (value.includes("\0")) return err(`${line()} holds a NUL character`);
    variables.set(name, value);
  }
}

function uncommented(value: string): string {
  const comment = value.search(/(^|\s)#/);
  return comment === -1 ? value : value.slice(0, comment);
}

const ESCAPES: Readonly<Record<string, string>> = { n: "\n", r: "\r", t: "\t" };

function unescaped(text: string | undefined): string | undefined {
  return text?.replaceAll(/\\([^])/g, (whole, sign: string) =>
    /["\\$`]/.test(sign) ? sign : (ESCAPES[sign] ?? whole),
  );
}
