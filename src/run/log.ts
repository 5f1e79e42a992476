import { constants, fstatSync, ftruncateSync, readSync, writeSync } from "node:fs";
import { unlessRefused } from "../lib/errno.ts";
import { ESCAPE_SEQUENCES } from "../lib/printable.ts";
import { withFile } from "../lib/regular-file.ts";

const TAIL_LINES = 100;
const TAIL_BYTES = 8 * 1_024;
/** Bytes read for a tail: colours and progress bars take much more room than the text that remains. */
const WINDOW_BYTES = 64 * 1_024;

/** The end of an attempt's output, and how many bytes there are in all. */
export interface LogTail {
  readonly text: string;
  readonly bytes: number;
}

/**
 * The last 100 lines, at most 8 KiB, of one log or of two together, stdout before stderr, as readable text. `hide` runs before anything
 * is cut off: half of a secret would not be recognized.
 */
export function readTail(paths: readonly string[], hide: (text: string) => string = (text) => text): LogTail {
  const ends = paths.map((path) => endOf(path, hide));
  const tails = ends.map(({ lines }) => lines.slice(-TAIL_LINES));
  while (sum(tails, (lines) => lines.length) > TAIL_LINES) largest(tails, (lines) => lines.length).shift();
  for (let excess = excessOf(tails); excess > 0; excess = excessOf(tails)) {
    const lines = largest(tails, bytesIn);
    const oldest = lines.shift() ?? "";
    if (lines.length === 0) lines.push(withoutStart(oldest, excess));
  }
  return { text: tails.flat().join("\n"), bytes: sum(ends, ({ bytes }) => bytes) };
}

function endOf(path: string, hide: (text: string) => string): { lines: string[]; bytes: number } {
  const { text, bytes } = readWindow(path, WINDOW_BYTES, hide);
  const lines = readableLines(text);
  if (lines.at(-1) === "") lines.pop();
  return { lines, bytes };
}

/** The last bytes of a log, at most so many, from the start of a line or of a state of a progress bar. */
export function readWindow(path: string, most: number, hide: (text: string) => string): LogTail {
  const read = withLog(path, constants.O_RDONLY, (file) => {
    const bytes = fstatSync(file).size;
    const start = Math.max(0, bytes - most);
    const window = Buffer.alloc(bytes - start);
    const text = hide(window.toString("utf8", 0, readSync(file, window, 0, window.length, start)));
    // The first line of a window is cut off, unless it is the only one.
    const firstEnd = start > 0 ? /\r?\n|\r/.exec(text) : null;
    return { text: text.slice(firstEnd === null ? 0 : firstEnd.index + firstEnd[0].length), bytes };
  });
  return read ?? { text: "", bytes: 0 };
}

function excessOf(tails: readonly (readonly string[])[]): number {
  return sum(tails, bytesIn) - TAIL_BYTES;
}

function bytesIn(lines: readonly string[]): number {
  return sum(lines, (line) => Buffer.byteLength(line) + 1);
}

function sum<T>(items: readonly T[], measure: (item: T) => number): number {
  return items.reduce((total, item) => total + measure(item), 0);
}

/** The longer log is shortened, so that a short stdout leaves its room to stderr. */
function largest(tails: readonly string[][], measure: (lines: readonly string[]) => number): string[] {
  return tails.reduce((most, lines) => (measure(lines) > measure(most) ? lines : most));
}

function withoutStart(line: string, bytes: number): string {
  const rest = Buffer.from(line).subarray(bytes);
  const firstWhole = rest.findIndex((byte) => (byte & 0xc0) !== 0x80);
  return firstWhole === -1 ? "" : rest.toString("utf8", firstWhole);
}

const COPY_BYTES = 1_024 * 1_024;
/** More than the longest mark, with a count of 16 digits. */
const MARK_BYTES = 64;

/**
 * Cuts the middle out of a log that is over its cap, and puts `[stint: N bytes were cut here]` in its place. Returns the bytes cut now, 0
 * under the cap. A quarter of the cap is kept on either side, so that the next cut is far off. It works in place, as the job keeps
 * writing to the same file. Bytes written between the last read and the truncation are lost.
 */
export function capLog(path: string, maxBytes: number): number {
  return withLog(path, constants.O_RDWR, (file) => cutMiddle(file, maxBytes)) ?? 0;
}

/** The bytes that were cut out of a log, by its mark; 0 where the log was rewritten since. */
export function bytesCutIn(path: string, maxBytes: number): number {
  return withLog(path, constants.O_RDONLY, (file) => cutMarkIn(file, keptRangeOf(maxBytes)).cut) ?? 0;
}

/** Bytes kept on either side of the mark. */
export function keptRangeOf(maxBytes: number): number {
  return Math.floor(maxBytes / 4);
}

function cutMiddle(file: number, maxBytes: number): number {
  const { size } = fstatSync(file);
  const kept = keptRangeOf(maxBytes);
  if (size <= maxBytes || kept < MARK_BYTES) return 0;
  const earlier = cutMarkIn(file, kept);
  let source = lineStart(file, size - kept);
  const cut = source - kept - earlier.length;
  // A reader of the log waits while it sees this mark.
  let target = kept + writeSync(file, markOf(earlier.cut + cut, "are being cut"), kept);
  const chunk = Buffer.allocUnsafe(COPY_BYTES);
  // To the end, as the job writes meanwhile; the rest of a job that writes faster than this copies is dropped.
  const giveUpAt = size + maxBytes;
  for (let read = -1; read !== 0 && source < giveUpAt; source += read) {
    read = readSync(file, chunk, 0, chunk.length, source);
    target += writeSync(file, chunk, 0, read, target);
  }
  const lost = source < giveUpAt ? 0 : fstatSync(file).size - source;
  ftruncateSync(file, target);
  if (lost > 0) writeSync(file, markOf(lost, "were cut here"), target);
  writeSync(file, markOf(earlier.cut + cut, "were cut here"), kept);
  return cut + lost;
}

/** Both texts have the same length, so that one replaces the other. */
function markOf(bytes: number, what: "are being cut" | "were cut here"): string {
  return `\n[stint: ${bytes} bytes ${what}]\n`;
}

/** The mark of an earlier cut; the next cut replaces it, and adds its bytes. */
export interface CutMark {
  readonly cut: number;
  /** 0 where there is none. */
  readonly length: number;
  /** True while the log is being cut, or where the process that cut it died. */
  readonly isBeingCut: boolean;
}

/** The mark in an open log, after the bytes that every cut keeps; see `keptRangeOf`. */
export function cutMarkIn(file: number, kept: number): CutMark {
  const buffer = Buffer.alloc(MARK_BYTES);
  const text = buffer.toString("latin1", 0, readSync(file, buffer, 0, buffer.length, kept));
  const found = /^\n\[stint: (\d+) bytes (were cut here|are being cut)\]\n/.exec(text);
  return {
    cut: Number(found?.[1] ?? 0),
    length: found?.[0].length ?? 0,
    isBeingCut: found?.[2] === "are being cut",
  };
}

/** The next start of a line, or the position itself where none is near. */
function lineStart(file: number, position: number): number {
  const buffer = Buffer.alloc(4_096);
  const newline = buffer.subarray(0, readSync(file, buffer, 0, buffer.length, position)).indexOf("\n");
  return newline === -1 ? position : position + newline + 1;
}

/** Null where there is no such file or the disk fails: logs are read again later, and a job does not fail for them. */
function withLog<T>(path: string, flags: number, use: (file: number) => T): T | null {
  return unlessRefused(() => withFile(path, use, flags), null);
}

/**
 * The lines of a program's output as a terminal shows them in the end: without colours and control characters, and with the last state
 * of a progress bar, which redraws its line after `\r`.
 */
export function readableLines(output: string): string[] {
  return output.replace(ESCAPE_SEQUENCES, "").split("\n").map(lastDrawn);
}

function lastDrawn(line: string): string {
  let end = line.length;
  while (line[end - 1] === "\r") end -= 1;
  const drawn = line.slice(0, end);
  return drawn.slice(drawn.lastIndexOf("\r") + 1).replace(/[^\P{Cc}\t]/gu, "");
}
