import { closeSync, constants, fstatSync, lstatSync, openSync, readSync, writeSync } from "node:fs";
import { join } from "node:path";
import { ATTEMPT_FILES } from "../model/attempt-files.ts";
import { type JobEvent, MAX_LINE_BYTES } from "../model/event.ts";
import {
  countLines,
  type EventSummary,
  foldLine,
  MAX_EVENT_LINES,
  NO_EVENTS,
} from "../model/event-summary.ts";
import { inDamagedFolder } from "./records.ts";

const BLOCK_BYTES = 256 * 1_024;
const NEWLINE = 0x0a;
/** What a file of events may hold that is read, or counted; a job that writes more fills a disk. */
const MAX_BYTES = 1_024 * 1_024 * 1_024;
/** At the end of a file with more lines than are read, this much is read all the same: the last values are there. */
const LAST_BYTES = 64 * 1_024;
/** What is read at a time of lines that count: short ones take 30 ms. */
const FOLDED_BYTES = 128 * 1_024;
/** Refuses symbolic links, and does not block on a FIFO. */
const OWN = constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW;

const APPENDING =
  constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NONBLOCK | constants.O_NOFOLLOW;

/** The path of the events of an attempt. */
export function eventsFile(directory: string): string {
  return join(directory, ATTEMPT_FILES.events);
}

/** Shared by all readings: what is read is passed on before the next read. */
const block = Buffer.allocUnsafe(BLOCK_BYTES);

/** Appends lines in one write, so that those of several processes never mix. Throws what the system refuses. */
export function appendEvents(path: string, lines: readonly string[]): void {
  const file = openSync(path, APPENDING, 0o600);
  try {
    const bytes = Buffer.from(lines.map((line) => `${line}\n`).join(""));
    let written = 0;
    while (written < bytes.length) written += writeSync(file, bytes, written);
  } finally {
    closeSync(file);
  }
}

/** Masks secret values in a line. */
export type Hide = (text: string) => string;
const SHOW: Hide = (text) => text;

/**
 * A whole line, or null for one that is too long, and the offset behind it. Its bytes are valid during the call only, and until another
 * file is read.
 */
type TakeLine = (line: Buffer | null, end: number) => void;

/**
 * Reads the lines of a growing file of which the job is the owner: it may be missing, a link, a FIFO or a folder, be removed, replaced or
 * emptied, and have lines without an end. A line is passed on when its newline is there. Memory is bounded by the longest line that is
 * passed on.
 */
export class EventReading {
  readonly #path: string;
  /** Of the first byte that was not read. */
  #position: number;
  #inode: number | null = null;
  /** The beginning of a line whose end was not read. */
  #begun: Buffer[] = [];
  #begunBytes = 0;

  constructor(path: string, position = 0) {
    this.#path = path;
    this.#position = position;
  }

  get position(): number {
    return this.#position;
  }

  /** True while it skips a line that is too long. */
  get isInLongLine(): boolean {
    return this.#begunBytes > MAX_LINE_BYTES;
  }

  /** Passes on the lines that are new, and reads at most `most` bytes; true where there is more to read. */
  read(take: TakeLine, most: number): boolean {
    const found = inDamagedFolder(() => lstatSync(this.#path, { throwIfNoEntry: false }), undefined);
    if (found?.isFile() !== true) return false;
    const isSame = this.#inode === null || this.#inode === found.ino;
    if (!isSame || found.size < this.#position) this.#restart();
    this.#inode = found.ino;
    if (found.size === this.#position || this.#position >= MAX_BYTES) return false;
    return inDamagedFolder(() => this.#readOpen(take, most), false);
  }

  /** Passes on the last line where it has no newline; after the end of its writers. */
  finish(take: TakeLine): void {
    if (this.#begunBytes > 0) this.#endLine(take, Buffer.alloc(0), this.#position);
  }

  #restart(): void {
    this.#position = 0;
    this.#begun = [];
    this.#begunBytes = 0;
  }

  #readOpen(take: TakeLine, most: number): boolean {
    const file = openSync(this.#path, OWN);
    try {
      if (!fstatSync(file).isFile()) return false;
      const stopAt = Math.min(this.#position + most, MAX_BYTES);
      while (this.#position < stopAt) {
        const wanted = Math.min(block.length, stopAt - this.#position);
        const length = readSync(file, block, 0, wanted, this.#position);
        if (length === 0) return false;
        this.#pass(take, block.subarray(0, length));
        if (length < wanted) return false;
      }
      return this.#position < Math.min(fstatSync(file).size, MAX_BYTES);
    } finally {
      closeSync(file);
    }
  }

  #pass(take: TakeLine, bytes: Buffer): void {
    const offset = this.#position;
    let start = 0;
    for (let end = bytes.indexOf(NEWLINE); end >= 0; end = bytes.indexOf(NEWLINE, start)) {
      this.#endLine(take, bytes.subarray(start, end), offset + end + 1);
      start = end + 1;
    }
    const rest = bytes.subarray(start);
    this.#begunBytes += rest.length;
    // Of a line that is too long, nothing is kept.
    if (this.#begunBytes > MAX_LINE_BYTES) this.#begun = [];
    else if (rest.length > 0) this.#begun.push(Buffer.from(rest));
    this.#position = offset + bytes.length;
  }

  #endLine(take: TakeLine, rest: Buffer, end: number): void {
    const isTooLong = this.#begunBytes + rest.length > MAX_LINE_BYTES;
    const line = this.#begun.length === 0 ? rest : Buffer.concat([...this.#begun, rest]);
    this.#begun = [];
    this.#begunBytes = 0;
    take(isTooLong ? null : line, end);
  }
}

/** Is told of the events that are read, with the offset behind each. */
export interface EventFollower {
  /** It knows those that end before this offset, and at it. */
  readonly from: number;
  /** The time of an event whose line has none. */
  readonly at: string;
  readonly onEvent: (event: JobEvent, end: number) => void;
}

/** Reads the events of an attempt to a summary, a slice at a time. */
export class EventSummaryReading {
  readonly #path: string;
  readonly #hide: Hide;
  readonly #reading: EventReading;
  #summary = NO_EVENTS;
  /** The offset behind the last line that was not only counted. */
  #foldedTo = 0;

  constructor(path: string, hide: Hide = SHOW) {
    this.#path = path;
    this.#hide = hide;
    this.#reading = new EventReading(path);
  }

  /** The number of bytes that were read. */
  get bytes(): number {
    return this.#reading.position;
  }

  /** Reads at most `most` bytes that are new, fewer where their lines count; true where there is more to read. */
  read(most: number, follower?: EventFollower): boolean {
    const isCounting = this.#summary.lines >= MAX_EVENT_LINES || this.#reading.isInLongLine;
    let uncounted = 0;
    const isMore = this.#reading.read(
      (line, end) => {
        if (this.#summary.lines < MAX_EVENT_LINES) this.#take(line, end, follower);
        else uncounted += 1;
      },
      isCounting ? most : Math.min(most, FOLDED_BYTES),
    );
    this.#summary = countLines(this.#summary, uncounted);
    return isMore;
  }

  /** Reads what is left at the end of a file whose writers have ended. */
  finish(follower?: EventFollower): EventSummary {
    this.#reading.finish((line, end) => this.#take(line, end, follower));
    return this.#summary.lines > MAX_EVENT_LINES
      ? withLastLines(this.#summary, this.#path, { from: this.#foldedTo, hide: this.#hide })
      : this.#summary;
  }

  #take(line: Buffer | null, end: number, follower?: EventFollower): void {
    this.#foldedTo = end;
    const text = textOf(line, this.#hide);
    if (text === "") return;
    const isNew = follower !== undefined && end > follower.from;
    const { summary, event } = foldLine(this.#summary, text, isNew ? { readAt: follower.at } : {});
    this.#summary = summary;
    if (isNew && event !== null) follower.onEvent(event, end);
  }
}

/** The summary of an attempt's events as they are now. */
export function readEvents(path: string, hide: Hide = SHOW): EventSummary {
  const reading = new EventSummaryReading(path, hide);
  while (reading.read(BLOCK_BYTES));
  return reading.finish();
}

/** The summary of the last lines only: enough for the progress and the last values of a long run, at the cost of one read. */
export function readLastEvents(path: string, hide: Hide = SHOW): EventSummary {
  return withLastLines(NO_EVENTS, path, { from: 0, hide });
}

function textOf(line: Buffer | null, hide: Hide): string | null {
  return line === null ? null : hide(line.toString("utf8").trim());
}

/** `from` is the offset of the first line that the summary does not have. */
function withLastLines(
  summary: EventSummary,
  path: string,
  { from, hide }: { from: number; hide: Hide },
): EventSummary {
  const size = inDamagedFolder(() => lstatSync(path, { throwIfNoEntry: false })?.size ?? 0, 0);
  const start = Math.max(from, size - LAST_BYTES);
  const reading = new EventReading(path, start);
  let folded = summary;
  // Elsewhere, the first line may lack its beginning.
  let isWhole = start === from;
  const take: TakeLine = (line) => {
    const text = textOf(line, hide);
    if (isWhole && text !== null && text !== "") folded = foldLine(folded, text, { isLast: true }).summary;
    isWhole = true;
  };
  reading.read(take, LAST_BYTES);
  reading.finish(take);
  return folded;
}
