import { ESCAPE } from "../../lib/printable.ts";
import type { MaskedStream } from "../../run/mask.ts";

/** A longer line, or state of a line, is passed on in pieces: it may have no end. */
const MAX_HELD = 64 * 1_024;
/** A bar below another one ends each of its states so: it goes up to that one's row, and a line feed leads back to its own. */
const UP = `${ESCAPE}[A`;

/** How the lines of a log are shown. Texts are in Latin-1: a character for each byte. */
interface LinePlan {
  /** True where `\r` begins a new state of a line, of which only the last is shown. */
  readonly collapses: boolean;
  /** The text to show for a line, without its line feed, or for a piece of a long one; null for none. Default: as it is. */
  readonly show?: (line: string) => string | null;
}

interface LineStream extends MaskedStream {
  /** Nothing more comes for now: a line without an end, such as a question, is passed on, unless it is one that is drawn again. */
  readonly idle: () => void;
}

/** Passes on whole lines, in one text for each piece that comes, and at the end what is left. */
export function lineStream({ collapses, show }: LinePlan, sink: (text: string) => void): LineStream {
  let held = "";
  /** What is held is not the first state of its line. */
  let isRedrawn = false;
  /** The beginning of this line was passed on already. */
  let isBegun = false;
  const shown = (line: string, end: string): string => {
    const state = collapses ? stateOf(line) : line;
    const text = show === undefined ? state : show(state);
    return text === null ? "" : `${text}${show === undefined ? end : "\n"}`;
  };
  const write = (bytes: Uint8Array): void => {
    let text = held + Buffer.from(bytes).toString("latin1");
    let out = "";
    if (isBegun) {
      const end = text.search(collapses ? /[\r\n]/ : /\n/);
      isBegun = end < 0;
      isRedrawn = text[end] === "\r";
      out = isBegun ? text : `${text.slice(0, end)}\n`;
      text = isBegun ? "" : text.slice(end + 1);
    }
    if (collapses && text.includes(`${UP}\n`)) text = text.replaceAll(`${UP}\n`, "\r");
    const last = text.lastIndexOf("\n");
    const whole = text.slice(0, last + 1);
    const isPlain = show === undefined && !whole.includes("\r");
    if (last >= 0) isRedrawn = false;
    if (last >= 0) out += isPlain ? whole : eachLine(whole.slice(0, -1), (line) => shown(line, "\n"));
    held = text.slice(last + 1);
    if (collapses) {
      isRedrawn ||= held.includes("\r");
      held = held.slice(stateStart(held));
    }
    if (held.length > MAX_HELD) {
      out += shown(held, "");
      held = "";
      isBegun = show === undefined;
    }
    if (out !== "") sink(out);
  };
  const end = (): void => {
    const rest = held === "" ? "" : shown(held, "");
    held = "";
    isBegun = false;
    isRedrawn = false;
    if (rest !== "") sink(rest);
  };
  const idle = (): void => {
    if (held === "" || isRedrawn || show !== undefined) return;
    const rest = held;
    held = "";
    isBegun = true;
    sink(rest);
  };
  return { write, end, idle };
}

function eachLine(lines: string, of: (line: string) => string): string {
  return lines.split("\n").map(of).join("");
}

/** The last state of a line. */
function stateOf(line: string): string {
  const state = line.slice(stateStart(line), trimmedEnd(line));
  return state.endsWith(UP) ? state.slice(0, -UP.length) : state;
}

/** Where the last state of a line begins: what `\r` ends is a state too, as no other has begun. */
function stateStart(line: string): number {
  const end = trimmedEnd(line);
  return end === 0 ? 0 : line.lastIndexOf("\r", end - 1) + 1;
}

function trimmedEnd(line: string): number {
  let end = line.length;
  while (line[end - 1] === "\r") end -= 1;
  return end;
}
