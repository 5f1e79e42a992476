import { blockText, deeper, oddBlank, tab, unlike } from "./indentation.ts";
import { fence, program, separator, textAtMargin } from "./keys.ts";
import { lineParts } from "./line.ts";
import type { Lines } from "./lines.ts";
import { badEscape, openBracket, openQuote, textAfterQuote } from "./quotes.ts";
import { blockSign, colonInValue, comment, firstSign, placeholderInFlow, signInFlow } from "./signs.ts";
import type { At, Slip, SlipRow } from "./slip.ts";

/** The usual slips, the first that fits a place counts. Each says what is wrong, and writes the line that is meant. */
const SLIPS: readonly SlipRow[] = [
  fence,
  oddBlank,
  tab,
  openQuote,
  openBracket,
  badEscape,
  placeholderInFlow,
  textAfterQuote,
  blockSign,
  comment,
  firstSign,
  program,
  signInFlow,
  separator,
  blockText,
  colonInValue,
  deeper,
  unlike,
  textAtMargin,
];

/** The slip at an offset of a text, or null. */
export function slipAt(
  lines: Lines,
  offset: number,
  cause: Pick<At, "code" | "message" | "hint">,
): Slip | null {
  const { row, column } = lines.at(offset);
  const at: At = { lines, row, column, line: lineParts(lines.row(row)), ...cause };
  for (const find of SLIPS) {
    const found = find(at);
    if (found !== null) return found;
  }
  return null;
}
