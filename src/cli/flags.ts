import { parseDuration } from "../lib/duration.ts";
import { err, ok, type Result } from "../lib/result.ts";
import { type Problem, problem } from "../model/errors.ts";

/** The milliseconds that a flag's text means. */
export function durationFlag(flag: string, text: string): Result<number, Problem> {
  const ms = parseDuration(text);
  if (ms !== null) return ok(ms);
  return err(problem("USAGE", `Cannot read --${flag} "${text}": wanted a duration like 90s, 12h or 2d`));
}

/** The whole number that a flag's text means, within bounds. */
export function countFlag(
  flag: string,
  text: string,
  bounds: { readonly most: number },
): Result<number, Problem> {
  const count = Number(text);
  if (/^\d+$/.test(text) && count >= 1 && count <= bounds.most) return ok(count);
  return err(
    problem("USAGE", `Cannot use --${flag} "${text}": wanted a whole number from 1 to ${bounds.most}`),
  );
}

/** `KEY=VALUE` pairs of a flag that may be given several times. */
export function pairsFlag(
  flag: string,
  pairs: readonly string[] = [],
): Result<Record<string, string>, Problem> {
  const map = new Map<string, string>();
  for (const pair of pairs) {
    const cut = pair.indexOf("=");
    if (cut < 1) return err(problem("USAGE", `Cannot read --${flag} "${pair}": wanted NAME=VALUE`));
    map.set(pair.slice(0, cut), pair.slice(cut + 1));
  }
  return ok(Object.fromEntries(map));
}
