import { type Fault, fault } from "../fault.ts";

/** A line of a crontab with a command. */
export interface CrontabEntry {
  /** 1-based. */
  readonly line: number;
  readonly source: string;
  /** Where the line begins in the text. */
  readonly start: number;
  /** The five fields, or `@daily` and the like. */
  readonly times: string;
  /** The user of a line of the system's crontab. */
  readonly user: string | null;
  /** After cron's own reading of `%`. */
  readonly command: string;
  /** What cron passes to the command; empty for nothing. */
  readonly stdin: string;
  /** The variables that were set above, in their order. */
  readonly variables: ReadonlyMap<string, string>;
  /** The comment lines directly above, without their `#`. */
  readonly comments: readonly string[];
}

/** Five fields or a word such as `@daily`, then the command; cronie takes a dash in front: such a line is not logged. */
const ENTRY = /^[ \t]*-?(@\w+|(?:[^\s]+[ \t]+){4}[^\s]+)[ \t]+(.*)$/;
/** The name may stand in quotes, blanks may surround the sign (crontab(5)). */
const VARIABLE = /^[ \t]*(?:"([^"]*)"|'([^']*)'|([^\s"'=]+))[ \t]*=[ \t]*(.*?)[ \t]*$/;

/** Splits a crontab into its commands, each with the variables that apply to it, and the lines that cron could not read. */
export function crontabEntries(
  text: string,
  isSystem: boolean,
): { readonly entries: CrontabEntry[]; readonly strange: Fault[] } {
  const entries: CrontabEntry[] = [];
  const strange: Fault[] = [];
  let variables: ReadonlyMap<string, string> = new Map();
  let comments: string[] = [];
  let start = 0;
  for (const [index, raw] of text.split("\n").entries()) {
    const source = raw.replace(/\r$/, "");
    const comment = /^[ \t]*#+[ \t]?(.*)/.exec(source)?.[1];
    if (comment !== undefined) comments.push(comment.trim());
    else {
      const variable = variableOf(source);
      const entry = variable === null ? ENTRY.exec(source) : null;
      if (variable !== null) variables = new Map([...variables, variable]);
      else if (entry !== null) {
        const read = commandOf(entry[2] ?? "", isSystem);
        const times = (entry[1] ?? "").replaceAll(/[ \t]+/g, " ");
        if (read === null)
          strange.push(faultOf({ start, source }, `has no ${isSystem ? "user and command" : "command"}`));
        else entries.push({ line: index + 1, source, start, times, ...read, variables, comments });
      } else if (source.trim() !== "") strange.push(faultOf({ start, source }, "is not one of a crontab"));
      comments = [];
    }
    start += raw.length + 1;
  }
  return { entries, strange };
}

function faultOf({ start, source }: { start: number; source: string }, what: string): Fault {
  const message = `the line ${what}, wanted a comment, NAME=VALUE, or five fields and a command`;
  return fault({ start, end: start + source.length }, message);
}

/** NAME=VALUE as cron reads it: quotes around the whole value are removed, nothing is expanded. */
function variableOf(source: string): readonly [string, string] | null {
  const match = VARIABLE.exec(source);
  if (match === null) return null;
  const [, double, single, plain, value = ""] = match;
  const name = double ?? single ?? plain ?? "";
  const [quote = ""] = value;
  if (quote !== '"' && quote !== "'") return [name, value];
  // cron takes text after the closing quote for no variable at all.
  return value.length > 1 && value.indexOf(quote, 1) === value.length - 1 ? [name, value.slice(1, -1)] : null;
}

function commandOf(rest: string, isSystem: boolean): Pick<CrontabEntry, "user" | "command" | "stdin"> | null {
  const [, user = null, line = ""] = isSystem ? (/^(\S+)[ \t]+(\S.*)$/.exec(rest) ?? []) : [null, null, rest];
  if (line === "") return null;
  const cut = /^(?:\\[^]|[^\\%])*/.exec(line)?.[0].length ?? line.length;
  return {
    user,
    command: line.slice(0, cut).replaceAll(/\\([^])/g, (pair, next: string) => (next === "%" ? "%" : pair)),
    stdin: stdinOf(line.slice(cut + 1)),
  };
}

/** `%` is a new line, `\%` is `%`; the last line is ended. */
function stdinOf(text: string): string {
  const lines = text.replaceAll(/\\?%/g, (sign) => (sign === "%" ? "\n" : "%"));
  return lines === "" || lines.endsWith("\n") ? lines : `${lines}\n`;
}
