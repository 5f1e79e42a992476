import { globMatcher } from "../../lib/glob.ts";
import { ESCAPE, ESCAPE_SEQUENCES } from "../../lib/printable.ts";
import type { Mask, MaskedStream } from "../../run/mask.ts";
import { lineStream } from "./lines.ts";

/** Receives one log in pieces; `end` writes what is held back, and more may follow. */
export interface ShownLog extends MaskedStream {
  /** All that the log had at the start has been written, or nothing more comes for now. */
  readonly caughtUp: () => void;
}

/** What of a log is shown, and how. */
export interface LogView {
  /** The number of lines from the end; what comes later is shown too. */
  readonly tail?: number | undefined;
  /** Only lines with this text, in which `*` stands for any characters. */
  readonly grep?: string | undefined;
  /** True where of a line that `\r` draws again and again only the last state is shown. */
  readonly collapses: boolean;
  /** Stands before each line. */
  readonly prefix?: string | undefined;
}

/** Leads a log through its mask and its view to a sink. */
export function shownLog(mask: Mask, view: LogView, sink: (bytes: Uint8Array) => void): ShownLog {
  const { tail, grep, prefix, collapses } = view;
  const put = (text: string): void => sink(Buffer.from(text, "latin1"));
  const last = tail === undefined ? null : lastLines(tail, put);
  const show = grep === undefined && prefix === undefined ? undefined : showing({ grep, prefix });
  const isWhole = show === undefined && !collapses;
  const lines = isWhole
    ? { write: last === null ? sink : last.write, end: () => {}, idle: () => {} }
    : lineStream({ collapses, ...(show !== undefined && { show }) }, last === null ? put : last.text);
  const masked = mask.stream(lines.write);
  return {
    write: masked.write,
    end: () => {
      masked.end();
      lines.end();
      last?.release();
    },
    caughtUp: () => {
      lines.idle();
      last?.release();
    },
  };
}

function showing({ grep, prefix = "" }: Pick<LogView, "grep" | "prefix">): (line: string) => string | null {
  // Linear for every pattern, as it comes from outside.
  const isMatch = grep === undefined ? () => true : globMatcher(`*${grep}*`);
  const before = Buffer.from(prefix).toString("latin1");
  // With a prefix, the colours of a line must not run on into that of the next.
  const unpaint = prefix.includes(ESCAPE) ? `${ESCAPE}[0m` : "";
  return (line) => {
    if (grep !== undefined && !isMatch(readable(line))) return null;
    return `${before}${line}${line.includes(ESCAPE) ? unpaint : ""}`;
  };
}

function readable(line: string): string {
  return Buffer.from(line, "latin1").toString("utf8").replace(ESCAPE_SEQUENCES, "");
}

interface HeldLines {
  readonly text: (piece: string) => void;
  readonly write: (bytes: Uint8Array) => void;
  readonly release: () => void;
}

/** Holds back all but the last lines until it is released, and from then on nothing. */
function lastLines(count: number, sink: (text: string) => void): HeldLines {
  let held: string | null = "";
  const text = (piece: string): void => {
    if (held === null) sink(piece);
    else held = endOf(held + piece, count);
  };
  return {
    text,
    // Bytes as Latin-1 characters, so that a character that is split between two pieces stays whole.
    write: (bytes) => text(Buffer.from(bytes).toString("latin1")),
    release: () => {
      if (held !== null && held !== "") sink(held);
      held = null;
    },
  };
}

function endOf(text: string, count: number): string {
  const lines = text.split("\n");
  const isTerminated = lines.at(-1) === "";
  return lines.slice(Math.max(0, lines.length - count - (isTerminated ? 1 : 0))).join("\n");
}
