import { closeSync, constants, fstatSync, openSync, readFileSync, readSync } from "node:fs";
import { unlessRefused } from "./errno.ts";

/**
 * Reads the text of a regular file; symbolic links are followed. Anything else is refused with an errno, as a system call would: opening
 * a FIFO blocks for ever, and a device has no end.
 */
export function readRegularFile(path: string): string {
  return withFile(path, (file) => readFileSync(file, "utf8"));
}

/** Opens a regular file for some work, and closes it. */
export function withFile<T>(path: string, use: (file: number) => T, flags = constants.O_RDONLY): T {
  const file = openRegularFile(path, flags);
  try {
    return use(file);
  } finally {
    closeSync(file);
  }
}

/** Shared by all reads; most files are smaller. */
const buffer = Buffer.allocUnsafe(64 * 1_024);

/** Refuses symbolic links, and does not block on a FIFO. */
const OWN = constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW;

/**
 * The bytes of a small file that is no symbolic link, in as few system calls as possible; null where they cannot be read, for any reason.
 * The buffer is valid until the next read. No fstat is needed where the caller verifies the content: reading a FIFO at an offset fails
 * (pread(2): ESPIPE). `readOwnFile` is for all other files, and reports the reason.
 */
export function readSmallFile(path: string): Buffer | null {
  return unlessRefused(() => {
    const file = openSync(path, OWN);
    try {
      const length = readSync(file, buffer, 0, buffer.length, 0);
      return length < buffer.length ? buffer.subarray(0, length) : null;
    } finally {
      closeSync(file);
    }
  }, null);
}

/**
 * Reads the text of a regular file that is no symbolic link, in as few system calls as possible; null where it has more bytes than `most`.
 * Anything else is refused as above, a symbolic link with ELOOP.
 */
export function readOwnFile(path: string, most: number): string | null {
  const file = openSync(path, OWN);
  try {
    const stat = fstatSync(file);
    if (!stat.isFile()) throw notRegular(path);
    if (stat.size > most) return null;
    const length = stat.size < buffer.length ? readSync(file, buffer, 0, buffer.length, 0) : 0;
    // A file that has grown since fstat is read to its end.
    return length === stat.size ? buffer.toString("utf8", 0, length) : readFileSync(path, "utf8");
  } finally {
    closeSync(file);
  }
}

const BLOCK_BYTES = 256 * 1_024;
const NEWLINE = 0x0a;

/** The complete lines of a regular file, streamed; symbolic links are followed. Text after the last newline is not a complete line. */
export function* linesIn(path: string): Generator<string> {
  const file = openRegularFile(path);
  try {
    // One byte more than a small file has, to see its end.
    const block = Buffer.allocUnsafe(Math.min(fstatSync(file).size + 1, BLOCK_BYTES));
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

/** Opens a regular file, by default for reading; refuses what `readRegularFile` refuses. */
export function openRegularFile(path: string, flags = constants.O_RDONLY): number {
  // O_NONBLOCK opens a FIFO at once, and has no effect on a regular file (open(2)).
  const file = openSync(path, flags | constants.O_NONBLOCK, 0o600);
  if (fstatSync(file).isFile()) return file;
  closeSync(file);
  throw notRegular(path);
}

function notRegular(path: string): Error {
  return Object.assign(new Error(`EINVAL: not a regular file, open '${path}'`), { code: "EINVAL" });
}
