import { BELL, ESCAPE, ESCAPE_SEQUENCES } from "../lib/printable.ts";

/** All escape sequences and control characters except line feeds, tabs, carriage returns and backspaces. */
const CONTROLS = new RegExp(`${ESCAPE_SEQUENCES.source}|[^\\P{Cc}\\n\\t\\r\\b]`, "gu");
/** Colours and styles (SGR), and erasing the line (EL). */
const HARMLESS = new RegExp(`^${ESCAPE}\\[(?:[\\d;:]*m|[0-2]?K)$`);
/** The beginning of a sequence, whose rest may follow. */
const BEGUN = new RegExp(`${ESCAPE}(?:\\[[0-?]*[ -/]*|[\\]PX^_][^\n${BELL}${ESCAPE}]*${ESCAPE}?|[ -/]*)$`);
/** A longer sequence is not waited for. */
const MAX_BEGUN = 4_096;

/**
 * Filters the output of jobs for a terminal: colours and progress bars stay; sequences are removed that would set the window
 * title, fill the clipboard, make the terminal send an answer that the shell would read, or overwrite other lines.
 */
export class JobText {
  readonly #decoder = new TextDecoder();
  #begun = "";

  /** Returns the text to show for more bytes; an incomplete character or sequence is kept until its end. */
  next(bytes: Uint8Array): string {
    const text = this.#begun + this.#decoder.decode(bytes, { stream: true });
    const [begun = ""] = BEGUN.exec(text.slice(-MAX_BEGUN)) ?? [];
    this.#begun = begun;
    return text
      .slice(0, text.length - begun.length)
      .replace(CONTROLS, (found) => (HARMLESS.test(found) ? found : ""));
  }
}
