import { closeSync, constants, fstatSync, openSync, readFileSync, readSync } from "node:fs";
import { errnoOf } from "./errno.ts";

/**
 * Reads a text from a regular file, through a link too. Anything else is refused with an errno like what the system
 * itself refuses: to open a FIFO would wait for ever, and a device has no end.
 */
export function readRegularFile(path: string): string {
  const file = openRegularFile(path);
  try {
    return readFileSync(file, "utf8");
  } finally {
    closeSync(file);
  }
}

/** Where files that are read one after the other come to lie: most of them are small. */
const buffer = Buffer.allocUnsafe(64 * 1_024);

/** A file of one's own: no link, and nothing that one would have to wait for. */
const OWN = constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW;

/**
 * The bytes of a small file that is no link, until the next file is read, in as few calls to the system as there can be; null where they
 * are not to be had, for whatever reason. Whoever makes sure that they are whole need not ask what was read: a FIFO has no places to
 * read from (pread(2): ESPIPE). `readOwnFile` is for all the others, and says why.
 */
export function readSmallFile(path: string): Buffer | null {
  try {
    const file = openSync(path, OWN);
    try {
      const length = readSync(file, buffer, 0, buffer.length, 0);
      return length < buffer.length ? buffer.subarray(0, length) : null;
    } finally {
      closeSync(file);
    }
  } catch (error) {
    if (errnoOf(error) === null) throw error;
    return null;
  }
}

/**
 * Reads a text from a regular file that is no link, in as few calls to the system as there can be; null where it has more bytes than
 * `most`. Anything else is refused as above, a link with ELOOP.
 */
export function readOwnFile(path: string, most: number): string | null {
  const file = openSync(path, OWN);
  try {
    const stat = fstatSync(file);
    if (!stat.isFile()) throw notRegular(path);
    if (stat.size > most) return null;
    const length = stat.size < buffer.length ? readSync(file, buffer, 0, buffer.length, 0) : 0;
    // One that grows meanwhile is read as a whole.
    return length === stat.size ? buffer.toString("utf8", 0, length) : readFileSync(path, "utf8");
  } finally {
    closeSync(file);
  }
}

const BLOCK_BYTES = 256 * 1_024;
const NEWLINE = 0x0a;

/** The whole lines of a regular file, through a link too, with little of it in memory at a time. What comes after the last newline is none. */
export function* linesIn(path: string): Generator<string> {
  const file = openRegularFile(path);
  try {
    const block = Buffer.allocUnsafe(BLOCK_BYTES);
    let rest = Buffer.alloc(0);
    for (let length = readSync(file, block); length > 0; length = readSync(file, block)) {
      const bytes = Buffer.concat([rest, block.subarray(0, length)]);
      let start = 0;
      for (let end = bytes.indexOf(NEWLINE); end >= 0; end = bytes.indexOf(NEWLINE, start)) {
        yield bytes.toString("utf8", start, end);
        start = end + 1;
      }
      rest = bytes.subarray(start);
    }
  } finally {
    closeSync(file);
  }
}

/** Opens a regular file, for reading where nothing else is asked for; see `readRegularFile`. */
export function openRegularFile(path: string, flags = constants.O_RDONLY): number {
  // O_NONBLOCK opens a FIFO at once, and means nothing to a regular file (open(2)).
  const file = openSync(path, flags | constants.O_NONBLOCK, 0o600);
  if (fstatSync(file).isFile()) return file;
  closeSync(file);
  throw notRegular(path);
}

function notRegular(path: string): Error {
  return Object.assign(new Error(`EINVAL: not a regular file, open '${path}'`), { code: "EINVAL" });
}
