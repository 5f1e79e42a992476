import { fstatSync, readSync } from "node:fs";
import { unlessRefused } from "../lib/errno.ts";
import { globMatcher } from "../lib/glob.ts";
import { withFile } from "../lib/regular-file.ts";

/** What is read of a log in one look. */
const MOST_BYTES = 1_024 * 1_024;
/** Of a longer line, only the end can match. */
const MAX_LINE_BYTES = 64 * 1_024;

/** Looks for a line in a growing log, each byte once. */
export class LogSearch {
  readonly #path: string;
  readonly #isMet: (line: string) => boolean;
  #offset = 0;
  #rest = "";

  /** `text` is a part of the line, in which `*` stands for any characters. */
  constructor(path: string, text: string) {
    this.#path = path;
    this.#isMet = globMatcher(`*${text}*`);
  }

  /** Reads what is new, a slice of it at most; true once a line, or the beginning of the last one, has the text. */
  look(): boolean {
    const bytes = unlessRefused(() => withFile(this.#path, (file) => this.#read(file)), Buffer.alloc(0));
    if (bytes.length === 0) return false;
    const lines = `${this.#rest}${bytes.toString("latin1")}`.split(/[\r\n]+/);
    this.#rest = (lines.at(-1) ?? "").slice(-MAX_LINE_BYTES);
    return lines.some((line) => this.#isMet(Buffer.from(line, "latin1").toString("utf8")));
  }

  #read(file: number): Buffer {
    const { size } = fstatSync(file);
    // It was emptied, or its middle was cut out.
    if (size < this.#offset) this.#offset = 0;
    const bytes = Buffer.alloc(Math.min(MOST_BYTES, size - this.#offset));
    const length = readSync(file, bytes, 0, bytes.length, this.#offset);
    this.#offset += length;
    return bytes.subarray(0, length);
  }
}
