import { closeSync, fstatSync, readSync, type Stats, statSync } from "node:fs";
import { errnoOf } from "../lib/errno.ts";
import { openRegularFile } from "../lib/regular-file.ts";
import { type CutMark, cutMarkIn, keptRangeOf } from "./log.ts";
import { inDamagedFolder } from "./records.ts";

const CHUNK_BYTES = 64 * 1_024;
/** A job that writes as fast as it is read keeps nobody in a look for ever. */
const MOST_BYTES = 8 * 1_024 * 1_024;
/** So much of what was passed on last must still be there; else the log is another one. */
const ANCHOR_BYTES = 256;
/** So many looks are given to a cut; whoever began it may have died over it. */
const MOST_LOOKS_AT_A_CUT = 20;

/** What comes between two pieces of a log that is read as it grows. */
export type Break =
  /** Bytes that went before they were read; null where nobody knows, and some may come twice. */
  | { readonly type: "cut"; readonly bytes: number | null }
  /** It begins anew: it was emptied, or holds something else. */
  | { readonly type: "rewritten" }
  /** It is not where it was; what is still written to it is read on. */
  | { readonly type: "gone" }
  /** Another file is in its place, and is read as well. */
  | { readonly type: "replaced" };

/** Where the pieces of a log go. */
export interface LogSink {
  readonly write: (bytes: Uint8Array) => void;
  readonly onBreak: (what: Break) => void;
}

/** How a log is kept. */
interface Keeping {
  readonly maxBytes: number;
  /** True where whoever writes it may begin anew with the same: the runner of a container does. */
  readonly isRefilled: boolean;
}

/**
 * Reads a growing log, each byte once, whatever becomes of it meanwhile: it may be cut to its cap, emptied, moved, removed,
 * and made again. A file that was opened is read on where it lies now, as the job's own output goes there.
 */
export class LogReading implements Disposable {
  readonly #path: string;
  readonly #keeping: Keeping;
  /** The first one, which the job writes to, and the one that is in its place now. */
  readonly #sources: Source[] = [];
  #isGone = false;

  constructor(path: string, keeping: Keeping) {
    this.#path = path;
    this.#keeping = keeping;
  }

  /**
   * Passes on what is new, and gives how many bytes that were; of an attempt that goes on, not all at once. `isExpected` where the log
   * must be there.
   */
  read(sink: LogSink, { isExpected, isOver }: { isExpected: boolean; isOver: boolean }): number {
    this.#look(sink, isExpected);
    return this.#sources.reduce((total, source) => total + source.read(sink, isOver), 0);
  }

  /** True where the last look found a log that is just being cut. */
  get isWaiting(): boolean {
    return this.#sources.some((source) => source.isWaiting);
  }

  [Symbol.dispose](): void {
    for (const source of this.#sources.splice(0)) source.close();
  }

  #look({ onBreak }: LogSink, isExpected: boolean): void {
    const found = inDamagedFolder(() => statSync(this.#path, { throwIfNoEntry: false }), undefined);
    const last = this.#sources.at(-1);
    if (found?.isFile() !== true) {
      if (!this.#isGone && (last !== undefined || isExpected)) onBreak({ type: "gone" });
      this.#isGone ||= last !== undefined || isExpected;
      return;
    }
    this.#isGone = false;
    if (last?.is(found) === true) return;
    const file = opened(this.#path);
    if (file === null) return;
    if (last !== undefined) onBreak({ type: "replaced" });
    for (const source of this.#sources.splice(1)) source.close();
    this.#sources.push(new Source(file, this.#keeping));
  }
}

/** Null where it was removed just now, or is nothing that could be read. */
function opened(path: string): number | null {
  try {
    return openRegularFile(path);
  } catch (error) {
    if (errnoOf(error) === null) throw error;
    return null;
  }
}

/** One open file. */
class Source {
  readonly #file: number;
  readonly #identity: Pick<Stats, "dev" | "ino">;
  readonly #isRefilled: boolean;
  /** Where a cut puts its mark. */
  readonly #kept: number;
  #position = 0;
  /** As it was when the position was found. */
  #mark: CutMark;
  #anchor = Buffer.alloc(0);
  #looksAtACut = 0;

  constructor(file: number, { maxBytes, isRefilled }: Keeping) {
    this.#file = file;
    this.#identity = fstatSync(file);
    this.#isRefilled = isRefilled;
    this.#kept = keptRangeOf(maxBytes);
    this.#mark = cutMarkIn(file, this.#kept);
  }

  get isWaiting(): boolean {
    return this.#looksAtACut > 0 && this.#looksAtACut < MOST_LOOKS_AT_A_CUT;
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
      this.#looksAtACut = mark.isBeingCut ? this.#looksAtACut + 1 : 0;
      if (this.isWaiting && !isOver) break;
      if (!this.#findPlace(mark, { onBreak, isOver })) break;
      const bytes = Buffer.alloc(CHUNK_BYTES);
      const count = readSync(this.#file, bytes, 0, bytes.length, this.#position);
      if (count === 0) break;
      // Cut while it was read: it may be torn.
      if (!isSame(cutMarkIn(this.#file, this.#kept), mark)) continue;
      this.#position += count;
      const piece = bytes.subarray(0, count);
      this.#anchor = Buffer.concat([this.#anchor, piece.subarray(-ANCHOR_BYTES)]).subarray(-ANCHOR_BYTES);
      write(piece);
      total += count;
    }
    return total;
  }

  /** Finds where the first byte lies now that was not passed on; false where it is to be waited for. */
  #findPlace(mark: CutMark, { onBreak, isOver }: Pick<LogSink, "onBreak"> & { isOver: boolean }): boolean {
    const isCut = mark.cut > this.#mark.cut;
    const afterMark = this.#kept + mark.length;
    if (mark.cut !== this.#mark.cut && this.#position > this.#kept) {
      // From the place in the file to the place in all that was ever written, and back.
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

  /** Whether what was passed on last stands before the position; a mark in between is the cutter's own. */
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
