import { closeSync, fstatSync, statSync } from "node:fs";
import { watchFile } from "../intake/watch-file.ts";
import { unlessRefused } from "../lib/errno.ts";
import { type AuditLine, auditLine } from "../model/audit.ts";
import { parseJson } from "../model/check.ts";
import { type AuditPlace, bytesAt, type KnownLine, placeInAudit } from "../store/audit-place.ts";
import type { Layout } from "../store/layout.ts";

const NEWLINE = 0x0a;
/** Bytes that are read and parsed before other work has its turn; a line is shorter. */
const SLICE_BYTES = 128 * 1_024;
/** The system may refuse to watch a file, or lose what it saw. */
const POLL_MS = 1_000;

/**
 * A change on record; or a gap: the line after the one with number `after` is not there, and the next line has number `before`. Where that
 * is not higher, the log was cut, or is another one.
 */
export type FeedItem =
  | { readonly type: "changed"; readonly line: AuditLine }
  | { readonly type: "gap"; readonly after: number; readonly before: number };

/** A file of the log that is being read. */
interface Reading extends AuditPlace {
  offset: number;
  /** True until a line was found: its place was looked for, and is not looked for again. */
  isFresh: boolean;
}

/**
 * Reads the log of changes behind a number: each line once and in order, or a gap. Every line names the hash of the one before, so a log
 * that was cut, repaired or replaced between two reads is seen, also where it has grown since. An open file is read to its end, whatever
 * its name has become; only then the next one is opened.
 */
export class ChangeFeed implements Disposable {
  readonly #layout: Layout;
  /** The last line that was given; null before the end of the log was looked up. */
  #known: KnownLine | null;
  #reading: Reading | null = null;
  #spent: number | null = null;

  /** `after` is the number of the last line that is known, 0 for all lines; null for what is written from now on. */
  constructor(layout: Layout, after: number | null) {
    this.#layout = layout;
    this.#known = after === null ? null : { seq: after, hash: null };
    // What is written from now on: a log that does not exist yet is read from its beginning.
    if (after === null && !this.#open([])) this.#known = { seq: 0, hash: null };
  }

  /** A slice of what is new; empty where nothing is. */
  read(): FeedItem[] {
    const items: FeedItem[] = [];
    while (items.length === 0 && this.#readOn(items));
    return items;
  }

  /** Reads a piece; false where there is nothing more for now. */
  #readOn(items: FeedItem[]): boolean {
    const reading = this.#reading;
    if (reading === null) return this.#open(items);
    const { size } = fstatSync(reading.file);
    if (size < reading.offset) return this.#leave(null);
    const bytes = bytesAt(reading.file, reading.offset, SLICE_BYTES);
    if (bytes.includes(NEWLINE)) return this.#take(reading, bytes, items);
    if (bytes.length === SLICE_BYTES) {
      reading.offset += bytes.length;
      return true;
    }
    const atPath = unlessRefused(() => statSync(this.#layout.audit).ino, null);
    if (atPath === null || atPath === reading.ino) return false;
    // Nothing is written to it any more; what came before it was moved away is read first.
    return fstatSync(reading.file).size > size || this.#leave(reading.ino);
  }

  #take(reading: Reading, bytes: Buffer, items: FeedItem[]): true {
    let start = 0;
    for (let end = bytes.indexOf(NEWLINE); end >= 0; end = bytes.indexOf(NEWLINE, start)) {
      const line = parseJson(auditLine, bytes.toString("utf8", start, end));
      if (line !== null) {
        const after = this.#known ?? { seq: line.seq - 1, hash: null };
        const isNext = line.seq === after.seq + 1 && (after.hash === null || after.hash === line.prevHash);
        // The place is looked for by the number, once: the file may be another one by now.
        if (!isNext && !reading.isFresh) return this.#leave(null);
        if (!isNext) items.push({ type: "gap", after: after.seq, before: line.seq });
        items.push({ type: "changed", line });
        this.#known = { seq: line.seq, hash: line.hash };
        reading.isFresh = false;
      }
      reading.offset += end + 1 - start;
      start = end + 1;
    }
    return true;
  }

  #open(items: FeedItem[]): boolean {
    const place = unlessRefused(
      () => placeInAudit(this.#layout, { after: this.#known?.seq ?? null, spent: this.#spent }),
      null,
    );
    if (place === null) return false;
    this.#reading = { ...place, isFresh: true };
    const { end } = place;
    if (this.#known !== null && end.seq < this.#known.seq)
      items.push({ type: "gap", after: this.#known.seq, before: end.seq + 1 });
    if (this.#known === null || end.seq < this.#known.seq) this.#known = end;
    return true;
  }

  #leave(spent: number | null): true {
    if (this.#reading !== null) closeSync(this.#reading.file);
    this.#reading = null;
    this.#spent = spent;
    return true;
  }

  [Symbol.dispose](): void {
    this.#leave(null);
  }
}

/** Follows the log of changes until it is told to stop; see `ChangeFeed`. */
export async function* followChanges(
  layout: Layout,
  after: number | null,
  signal: AbortSignal,
): AsyncGenerator<FeedItem, void> {
  using feed = new ChangeFeed(layout, after);
  let nudged = Promise.withResolvers<void>();
  const nudge = (): void => nudged.resolve();
  using _watched = watchFile(layout.audit, nudge);
  signal.addEventListener("abort", nudge);
  const poll = setInterval(nudge, POLL_MS);
  try {
    while (!signal.aborted) {
      nudged = Promise.withResolvers();
      const items = feed.read();
      yield* items;
      await (items.length > 0 ? Bun.sleep(0) : nudged.promise);
    }
  } finally {
    clearInterval(poll);
    signal.removeEventListener("abort", nudge);
  }
}
