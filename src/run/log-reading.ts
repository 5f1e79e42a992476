import { closeSync, fstatSync, readSync, type Stats, statSync } from "node:fs";
import { unlessRefused } from "../lib/errno.ts";
import { openRegularFile } from "../lib/regular-file.ts";
import { type CutMark, cutMarkIn, keptRangeOf } from "./log.ts";
import { inDamagedFolder } from "./records.ts";

const CHUNK_BYTES = 64 * 1_024;
/** The most bytes of one read(): a job may write as fast as it is read. */
const MOST_BYTES = 8 * 1_024 * 1_024;
/** The last bytes that were passed on must still precede the position; else the log was rewritten. */
const ANCHOR_BYTES = 256;
/** Reads that wait for a cut to finish; the process that began it may have died. */
const MAX_WAITS_FOR_A_CUT = 20;

/** A break between two pieces of a log that is read as it grows. */
export type Break =
  /** Bytes were cut before they were read; null for an unknown number, and then some may come twice. */
  | { readonly type: "cut"; readonly bytes: number | null }
  /** It is read from its beginning: it was emptied, or its content is another one. */
  | { readonly type: "rewritten" }
  /** It was moved or removed; the open file is still read. */
  | { readonly type: "gone" }
  /** Another file is in its place, and is read too. */
  | { readonly type: "replaced" };

/** The receiver of a log. */
export interface LogSink {
  readonly write: (bytes: Uint8Array) => void;
  readonly onBreak: (what: Break) => void;
}

/** How a log is written. */
interface Keeping {
  readonly maxBytes: number;
  /** True where its writer may start over with the same content, as the runner of a container does. */
  readonly isRefilled: boolean;
}

/**
 * Reads a growing log, each byte once, while it may be cut to its cap, emptied, moved, removed or made again. An open file is read on
 * wherever it is now, as the job still writes to it.
 */
export class LogReading implements Disposable {
  readonly #path: string;
  readonly #keeping: Keeping;
  /** The first file, which the job writes to, and the one that is in its place now. */
  readonly #sources: Source[] = [];
  #isGone = false;

  constructor(path: string, keeping: Keeping) {
    this.#path = path;
    this.#keeping = keeping;
  }

  /**
   * Passes on what is new, and returns its number of bytes. Unless the attempt `isOver`, one call has an upper bound. `isExpected` where
   * the log must exist.
   */
  read(sink: LogSink, { isExpected, isOver }: { isExpected: boolean; isOver: boolean }): number {
    this.#open(sink, isExpected);
    return this.#sources.reduce((total, source) => total + source.read(sink, isOver), 0);
  }

  /** True where the last read found that the log is being cut. */
  get isWaiting(): boolean {
    return this.#sources.some((source) => source.isWaiting);
  }

  [Symbol.dispose](): void {
    for (const source of this.#sources.splice(0)) source.close();
  }

  #open({ onBreak }: LogSink, isExpected: boolean): void {
    const found = inDamagedFolder(() => statSync(this.#path, { throwIfNoEntry: false }), undefined);
    const last = this.#sources.at(-1);
    if (found?.isFile() !== true) {
      if (!this.#isGone && (last !== undefined || isExpected)) onBreak({ type: "gone" });
      this.#isGone ||= last !== undefined || isExpected;
      return;
    }
    this.#isGone = false;
    if (last?.is(found) === true) return;
    // Null where it was removed just now, or cannot be read.
    const file = unlessRefused(() => openRegularFile(this.#path), null);
    if (file === null) return;
    if (last !== undefined) onBreak({ type: "replaced" });
    for (const source of this.#sources.splice(1)) source.close();
    this.#sources.push(new Source(file, this.#keeping));
  }
}

/** One open file. */
class Source {
  readonly #file: number;
  readonly #identity: Pick<Stats, "dev" | "ino">;
  readonly #isRefilled: boolean;
  /** The offset of the mark of a cut. */
  readonly #kept: number;
  #position = 0;
  /** The mark for which the position was computed. */
  #mark: CutMark;
  #anchor = Buffer.alloc(0);
  #waitsForACut = 0;

  constructor(file: number, { maxBytes, isRefilled }: Keeping) {
    this.#file = file;
    this.#identity = fstatSync(file);
    this.#isRefilled = isRefilled;
    this.#kept = keptRangeOf(maxBytes);
    this.#mark = cutMarkIn(file, this.#kept);
  }

  get isWaiting(): boolean {
    return this.#waitsForACut > 0 && this.#waitsForACut < MAX_WAITS_FOR_A_CUT;
  }

  is({ dev, ino }: Stats): boolean {
    return this.#identity.dev === dev && this.#identity.ino === ino;
  }

  close(): void {
    closeSync(this.#file);
  }

  read({ write, onBreak }: LogSink, isOver: boolean): number {
    let total = 0;
    while (isOver || total < MOST_BYTES) {
      const mark = cutMarkIn(this.#file, this.#kept);
      this.#waitsForACut = mark.isBeingCut ? this.#waitsForACut + 1 : 0;
      if (this.isWaiting && !isOver) break;
      if (!this.#findPlace(mark, { onBreak, isOver })) break;
      const bytes = Buffer.alloc(CHUNK_BYTES);
      const count = readSync(this.#file, bytes, 0, bytes.length, this.#position);
      if (count === 0) break;
      // It was cut during the read: the bytes may be mixed.
      if (!isSame(cutMarkIn(this.#file, this.#kept), mark)) continue;
      this.#position += count;
      const piece = bytes.subarray(0, count);
      this.#anchor = Buffer.concat([this.#anchor, piece.subarray(-ANCHOR_BYTES)]).subarray(-ANCHOR_BYTES);
      write(piece);
      total += count;
    }
    return total;
  }

  /** Finds the position of the first byte that was not passed on; false to wait for it. */
  #findPlace(mark: CutMark, { onBreak, isOver }: Pick<LogSink, "onBreak"> & { isOver: boolean }): boolean {
    const isCut = mark.cut > this.#mark.cut;
    const afterMark = this.#kept + mark.length;
    if (mark.cut !== this.#mark.cut && this.#position > this.#kept) {
      // From the offset in the file to that in all output ever written, and back.
      this.#position += this.#mark.cut - this.#mark.length - mark.cut + mark.length;
      const missed = afterMark - this.#position;
      if (isCut && missed > 0) {
        onBreak({ type: "cut", bytes: missed });
        this.#position = afterMark;
        this.#anchor = Buffer.alloc(0);
      }
    }
    this.#mark = mark;
    if (this.#isInPlace()) return true;
    const isComing = this.#isRefilled && this.#position > fstatSync(this.#file).size;
    if (isComing && !isOver) return false;
    onBreak(isCut ? { type: "cut", bytes: null } : { type: "rewritten" });
    this.#position = isCut ? afterMark : 0;
    this.#anchor = Buffer.alloc(0);
    return true;
  }

  /** True where the bytes passed on last precede the position; those before a mark do not count. */
  #isInPlace(): boolean {
    const isBehindMark = this.#mark.length > 0 && this.#position > this.#kept;
    const from = isBehindMark ? this.#kept + this.#mark.length : 0;
    const length = Math.min(this.#anchor.length, this.#position - from);
    if (length <= 0) return this.#position <= fstatSync(this.#file).size;
    const there = Buffer.alloc(length);
    const count = readSync(this.#file, there, 0, length, this.#position - length);
    return count === length && there.equals(this.#anchor.subarray(-length));
  }
}

function isSame(left: CutMark, right: CutMark): boolean {
  return left.cut === right.cut && left.isBeingCut === right.isBeingCut;
}
