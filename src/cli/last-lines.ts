import { statSync } from "node:fs";

export function lastLines(text: string, count: number): string {
  const lines = text.split("\n");
  const isTerminated = lines.at(-1) === "";
  return lines.slice(Math.max(0, lines.length - count - (isTerminated ? 1 : 0))).join("\n");
}

/** Holds back what a log had at the start, and passes on its last lines. */
export class LastLines {
  readonly #count: number;
  /** How many bytes of the start are still to be read. */
  #left: number;
  #held = "";

  constructor(path: string, count: number) {
    this.#count = count;
    this.#left = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  }

  /** The bytes to show. */
  next(bytes: Uint8Array): Uint8Array {
    if (this.#left <= 0) return bytes;
    this.#left -= bytes.length;
    // Bytes as Latin-1 characters, so that a character that is split between two pieces stays whole.
    this.#held = lastLines(this.#held + Buffer.from(bytes).toString("latin1"), this.#count);
    return this.#left > 0 ? Buffer.alloc(0) : this.end();
  }

  /** What was held back, where no more of the start will come. */
  end(): Uint8Array {
    const held = Buffer.from(this.#held, "latin1");
    this.#left = 0;
    this.#held = "";
    return held;
  }
}
