/** Stands before a line of a log in the error of a failure. */
export const QUOTE_HEAD = "the log says: ";
const MAX_QUOTED_LINE = 200;

/** A line of a log as a clause, cut to 200 characters. */
export function quoted(line: string): string {
  const text = line.trim();
  return `${QUOTE_HEAD}${text.length > MAX_QUOTED_LINE ? `${text.slice(0, MAX_QUOTED_LINE)}…` : text}`;
}
