import { BELL, ESCAPE, ESCAPE_SEQUENCES } from "../lib/printable.ts";

/** All sequences and control characters but the ends of lines, tabs, and what a progress bar goes back with. */
const CONTROLS = new RegExp(`${ESCAPE_SEQUENCES.source}|[^\\P{Cc}\\n\\t\\r\\b]`, "gu");
/** Colours and the like (SGR), and the erasing of the line. */
const HARMLESS = new RegExp(`^${ESCAPE}\\[(?:[\\d;:]*m|[0-2]?K)$`);
/** The beginning of a sequence, whose rest may come. */
const BEGUN = new RegExp(`${ESCAPE}(?:\\[[0-?]*[ -/]*|[\\]PX^_][^\n${BELL}${ESCAPE}]*${ESCAPE}?|[ -/]*)$`);
/** What is longer is none that anybody means. */
const MAX_BEGUN = 4_096;

/**
 * The output of jobs as it may go to a terminal: with its colours and its progress bars, without what would name the
 * window, fill the clipboard, ask the terminal for an answer that the shell would read, or write over other lines.
 */
export class JobText {
  readonly #decoder = new TextDecoder();
  #begun = "";

  /** What there is to show after more bytes; the beginning of a character or a sequence waits for its end. */
  next(bytes: Uint8Array): string {
    const text = this.#begun + this.#decoder.decode(bytes, { stream: true });
    const [begun = ""] = BEGUN.exec(text.slice(-MAX_BEGUN)) ?? [];
    this.#begun = begun;
    return text
      .slice(0, text.length - begun.length)
      .replace(CONTROLS, (found) => (HARMLESS.test(found) ? found : ""));
  }
}
