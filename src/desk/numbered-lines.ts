import { lstatSync } from "node:fs";
import { unlessRefused } from "../lib/errno.ts";
import { EventReading } from "../run/events.ts";

const SLICE_BYTES = 1_024 * 1_024;
/** Where the last lines are wanted, they are looked for in this much of the end. */
const TAIL_BYTES = 64 * 1_024;

/** Numbers that are in no file any more, both included. */
export interface Missing {
  readonly from: number;
  readonly to: number;
}

interface Source<Line> {
  /** The paths, oldest first; the last one is written to, and is moved away when it is long. */
  readonly files: () => readonly string[];
  readonly lineIn: (text: string) => Line | null;
}

/** Reads lines with numbers in a row from a growing file, each once and in order, also where the file is moved away meanwhile. */
export class NumberedLines<Line extends { readonly seq: number }> {
  readonly #source: Source<Line>;
  readonly #reading: EventReading;
  /** The first line may lack its beginning. */
  #isCut: boolean;
  /** The number of the last line; null before the first. */
  #last: number | null;

  /** `after` is the number of the last line that is known; null for the lines at the end only. */
  constructor(source: Source<Line>, after: number | null) {
    this.#source = source;
    this.#last = after;
    const path = source.files().at(-1) ?? "";
    const size = unlessRefused(() => lstatSync(path, { throwIfNoEntry: false })?.size ?? 0, 0);
    const start = after === null ? Math.max(0, size - TAIL_BYTES) : 0;
    this.#isCut = start > 0;
    this.#reading = new EventReading(path, start);
  }

  /** The lines that are new, with what is missing between them. */
  read(): (Line | Missing)[] {
    const read: Line[] = [];
    const take = (bytes: Buffer | null): void => {
      const line = this.#isCut || bytes === null ? null : this.#source.lineIn(bytes.toString("utf8"));
      this.#isCut = false;
      if (line !== null) read.push(line);
    };
    while (this.#reading.read(take, SLICE_BYTES));
    return read.flatMap((line) => {
      const last = this.#last;
      if (line.seq <= (last ?? 0)) return [];
      this.#last = line.seq;
      return last === null || line.seq === last + 1 ? [line] : [...this.#between(last, line.seq), line];
    });
  }

  /** The lines between two numbers, from files that were moved away. */
  #between(after: number, before: number): (Line | Missing)[] {
    const found: (Line | Missing)[] = [];
    let last = after;
    const to = (seq: number): void => {
      if (seq > last + 1) found.push({ from: last + 1, to: seq - 1 });
      last = seq;
    };
    for (const path of this.#source.files().slice(0, -1)) {
      const take = (bytes: Buffer | null): void => {
        const line = bytes === null ? null : this.#source.lineIn(bytes.toString("utf8"));
        if (line === null || line.seq <= last || line.seq >= before) return;
        to(line.seq);
        found.push(line);
      };
      const reading = new EventReading(path);
      while (reading.read(take, SLICE_BYTES));
    }
    to(before);
    return found;
  }
}
