import { closeSync, fstatSync, readSync, statSync } from "node:fs";
import { basename } from "node:path";
import { openRegularFile } from "../lib/regular-file.ts";
import type { AuditLine } from "../model/audit.ts";
import { jsonIn } from "../model/check.ts";
import { auditFiles } from "./audit.ts";
import { ifThere } from "./fs-errors.ts";
import type { Layout } from "./layout.ts";

const NEWLINE = 0x0a;
/** Of a span of this size the lines are looked at one by one; a line is shorter. */
const BLOCK_BYTES = 64 * 1_024;
/** A rotation between two looks at the folder comes once in some hundred thousand lines. */
const MAX_TRIES = 5;

/** A line of the log, as the one after it refers to it; the hash is null where only the number is known. */
export interface KnownLine {
  readonly seq: number;
  readonly hash: string | null;
}

/** A place in the log: in an open file, which the caller closes. */
export interface AuditPlace {
  readonly file: number;
  readonly ino: number;
  /** In bytes; a line begins there. */
  readonly offset: number;
  /** The last line of the log. */
  readonly end: KnownLine;
}

/**
 * Opens the log behind the line with number `after`, or at its end for null; null where there is no log yet. A file is named after its last
 * line when it is rotated, and numbers rise, so little is read. `spent` is the inode of a rotated file that was read to its end.
 */
export function placeInAudit(
  layout: Layout,
  { after, spent }: { readonly after: number | null; readonly spent: number | null },
): AuditPlace | null {
  for (let tries = 0; tries < MAX_TRIES; tries += 1) {
    const files = auditFiles(layout);
    const place = ifThere(() => placeAmong(layout, files, { after, spent }));
    if (String(auditFiles(layout)) === String(files)) return place;
    // A rotation came in between.
    if (place !== null) closeSync(place.file);
  }
  return null;
}

function placeAmong(
  layout: Layout,
  files: readonly string[],
  { after, spent }: { readonly after: number | null; readonly spent: number | null },
): AuditPlace | null {
  const end = lastLineOf(files);
  const path = after === null ? files.at(-1) : files.find((one) => mayGoOn(layout, one, { after, spent }));
  if (path === undefined) return null;
  const file = openRegularFile(path);
  try {
    const { size, ino } = fstatSync(file);
    return { file, ino, end, offset: firstAfter(file, size, after ?? Number.POSITIVE_INFINITY) };
  } catch (error) {
    closeSync(file);
    throw error;
  }
}

/** True for the file that is written, and for one that was rotated with lines after a number. */
function mayGoOn(
  layout: Layout,
  path: string,
  { after, spent }: { readonly after: number; readonly spent: number | null },
): boolean {
  if (path === layout.audit) return true;
  const last = Number(basename(path).slice(basename(layout.audit).length + 1));
  return last > after && statSync(path).ino !== spent;
}

/** Where the first line with a higher number begins, or the place behind the last whole line. */
function firstAfter(file: number, size: number, seq: number): number {
  let [low, high] = [0, size];
  while (high - low > BLOCK_BYTES) {
    const middle = (low + high) >>> 1;
    const line = lineNear(file, middle);
    if (line === null || line.seq > seq) high = middle;
    else low = line.end;
  }
  for (;;) {
    const bytes = bytesAt(file, low, BLOCK_BYTES);
    let start = 0;
    for (let end = bytes.indexOf(NEWLINE); end >= 0; end = bytes.indexOf(NEWLINE, start)) {
      const found = knownIn(bytes.toString("utf8", start, end));
      if (found !== null && found.seq > seq) return low + start;
      start = end + 1;
    }
    if (start === 0) return low;
    low += start;
  }
}

/** The first line that begins behind an offset; null where there is none nearby. */
function lineNear(file: number, offset: number): { readonly seq: number; readonly end: number } | null {
  const bytes = bytesAt(file, offset, BLOCK_BYTES);
  let start = bytes.indexOf(NEWLINE) + 1;
  for (let end = bytes.indexOf(NEWLINE, start); end >= 0; end = bytes.indexOf(NEWLINE, start)) {
    const found = knownIn(bytes.toString("utf8", start, end));
    if (found !== null) return { seq: found.seq, end: offset + end + 1 };
    start = end + 1;
  }
  return null;
}

/** The last line of the log; number 0 for an empty one. */
function lastLineOf(files: readonly string[]): KnownLine {
  for (const path of files.toReversed()) {
    const file = openRegularFile(path);
    try {
      const { size } = fstatSync(file);
      const from = Math.max(0, size - BLOCK_BYTES);
      const lines = bytesAt(file, from, BLOCK_BYTES).toString("utf8").split("\n").slice(0, -1);
      const last = lines
        .toReversed()
        .map(knownIn)
        .find((one) => one !== null);
      if (last !== undefined && last !== null) return last;
    } finally {
      closeSync(file);
    }
  }
  return { seq: 0, hash: null };
}

function knownIn(text: string): KnownLine | null {
  const { seq, hash } = (jsonIn(text) ?? {}) as Partial<AuditLine>;
  return Number.isSafeInteger(seq) && typeof hash === "string" ? { seq: seq ?? 0, hash } : null;
}

/** Up to so many bytes of a file. */
export function bytesAt(file: number, offset: number, most: number): Buffer {
  const bytes = Buffer.allocUnsafe(most);
  let length = 0;
  for (let read = -1; read !== 0 && length < most; length += read)
    read = readSync(file, bytes, length, most - length, offset + length);
  return bytes.subarray(0, length);
}
