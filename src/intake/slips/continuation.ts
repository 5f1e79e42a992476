import type { Scalar } from "yaml";
import { type Fault, fault, insteadOf } from "../fault.ts";
import type { Span } from "../value.ts";

/** Keys whose value a shell or an interpreter reads. */
const OF_SHELLS = /(?:^|\.)(?:run|script)$/;
const BACKSLASH = /[ \t]?\\[ \t]*\r?\n[ \t]*(?=[^\s])/;

/**
 * A backslash at the end of a line of a text whose lines YAML joins by a blank: the shell would take it for a blank in the next word, and run
 * another command in silence. Null where the line ends stay, as after `|`.
 */
export function continuationFault(
  { value, type }: Scalar,
  { text, path, span }: { readonly text: string; readonly path: string; readonly span: Span },
): Fault | null {
  if (typeof value !== "string" || !value.includes("\\ ") || !OF_SHELLS.test(path)) return null;
  const isFolded = type === "BLOCK_FOLDED";
  if (!isFolded && type !== "PLAIN" && type !== "QUOTE_SINGLE") return null;
  const raw = text.slice(span.start, span.end);
  const found = raw.search(BACKSLASH);
  if (found === -1) return null;
  const start = span.start + found;
  const end = text.indexOf("\\", start) + 1;
  const message = `YAML joins the lines of this text${isFolded ? ' after ">"' : ""} by spaces, so that the backslash quotes one of them`;
  if (!isFolded)
    return insteadOf(
      { start, end },
      fault({ start: end - 1, end }, message, "leave it out, or write the text below run: |"),
      "",
    );
  const sign = { start: span.start, end: span.start + 1 };
  return insteadOf(sign, fault(sign, message, 'write "|", which keeps the line ends'), "|");
}
