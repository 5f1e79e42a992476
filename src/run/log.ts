import { closeSync, constants, fstatSync, ftruncateSync, readSync, writeSync } from "node:fs";
import { errnoOf } from "../lib/errno.ts";
import { ESCAPE_SEQUENCES } from "../lib/printable.ts";
import { openRegularFile } from "../lib/regular-file.ts";

const TAIL_LINES = 100;
const TAIL_BYTES = 8 * 1_024;
/** Read for a tail: colours and progress bars take many times the room of what is left of them. */
const WINDOW_BYTES = 64 * 1_024;

/** The end of an attempt's output, and how many bytes there are in all. */
export interface LogTail {
  readonly text: string;
  readonly bytes: number;
}

/**
 * The last 100 lines, 8 KiB at most, of one log or of two together, stdout's before stderr's; made readable. What is to be
 * hidden is, before anything is cut: half of a secret would not be known any more.
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
  return (
    withFile(path, constants.O_RDONLY, (file) => {
      const bytes = fstatSync(file).size;
      const start = Math.max(0, bytes - WINDOW_BYTES);
      const window = Buffer.alloc(bytes - start);
      const text = hide(window.toString("utf8", 0, readSync(file, window, 0, window.length, start)));
      // What comes first in a window is the end of something, unless there is nothing else.
      const firstEnd = start > 0 ? /\r?\n|\r/.exec(text) : null;
      const lines = readableLines(text.slice(firstEnd === null ? 0 : firstEnd.index + firstEnd[0].length));
      if (lines.at(-1) === "") lines.pop();
      return { lines, bytes };
    }) ?? { lines: [], bytes: 0 }
  );
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

/** The longer log gives way, so that a silent stdout leaves its room to stderr. */
function largest(tails: readonly string[][], measure: (lines: readonly string[]) => number): string[] {
  return tails.reduce((most, lines) => (measure(lines) > measure(most) ? lines : most));
}

function withoutStart(line: string, bytes: number): string {
  const rest = Buffer.from(line).subarray(bytes);
  const firstWhole = rest.findIndex((byte) => (byte & 0xc0) !== 0x80);
  return firstWhole === -1 ? "" : rest.toString("utf8", firstWhole);
}

const COPY_BYTES = 1_024 * 1_024;
/** More than the longest mark, with what it cuts counted in 16 digits. */
const MARK_BYTES = 64;

/**
 * Cuts the middle out of a log that is over its cap, and puts `[stint: N bytes were cut here]` in its place; gives
 * the bytes cut now, 0 where it is under the cap. A quarter of the cap is kept on either side, so that the next cut is far off.
 * It works in place, as the job goes on writing to the same file. What is written in the instant between the last
 * read and the truncation is lost.
 */
export function capLog(path: string, maxBytes: number): number {
  return withFile(path, constants.O_RDWR, (file) => cutMiddle(file, maxBytes)) ?? 0;
}

/** How many bytes the mark in a log says were cut out of it: what was written anew since has lost nothing. */
export function bytesCutIn(path: string, maxBytes: number): number {
  return withFile(path, constants.O_RDONLY, (file) => cutMarkIn(file, keptRangeOf(maxBytes)).cut) ?? 0;
}

/** On either side of the mark. */
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
  // Whoever reads the log meanwhile waits.
  let target = kept + writeSync(file, markOf(earlier.cut + cut, "are being cut"), kept);
  const chunk = Buffer.allocUnsafe(COPY_BYTES);
  // Until there is no more, as the job writes meanwhile; one that writes faster than this copies is cut once more.
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

/** Both of a length, so that one takes the other's place. */
function markOf(bytes: number, what: "are being cut" | "were cut here"): string {
  return `\n[stint: ${bytes} bytes ${what}]\n`;
}

/** What an earlier cut left in its place; the next one replaces it and counts on. */
export interface CutMark {
  readonly cut: number;
  /** 0 where there is none. */
  readonly length: number;
  /** True where the log is being rewritten, or was when whoever did it died. */
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

/** The first start of a line from a position on, or the position itself where none is near. */
function lineStart(file: number, position: number): number {
  const buffer = Buffer.alloc(4_096);
  const newline = buffer.subarray(0, readSync(file, buffer, 0, buffer.length, position)).indexOf("\n");
  return newline === -1 ? position : position + newline + 1;
}

/** Null where there is no such file or the disk fails: a log is looked at again, and no job ends for it. */
function withFile<T>(path: string, flags: number, use: (file: number) => T): T | null {
  try {
    const file = openRegularFile(path, flags);
    try {
      return use(file);
    } finally {
      closeSync(file);
    }
  } catch (error) {
    if (errnoOf(error) === null) throw error;
    return null;
  }
}

/**
 * Lines of a program's output as a person saw them last: without colours and control characters, and of a progress
 * bar, which redraws its line after `\r`, what it showed at the end.
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
