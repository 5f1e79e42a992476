import {
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  futimesSync,
  openSync,
  readSync,
  type Stats,
  writeSync,
} from "node:fs";
import { cloneInto } from "./clone-file.ts";
import { type HashedFile, hashOpenFile } from "./file-hash.ts";
import { withFile } from "./regular-file.ts";

const BLOCK_BYTES = 1_024 * 1_024;
const ZEROS = Buffer.alloc(BLOCK_BYTES);

export interface CopiedFile extends HashedFile {
  /** When the file itself was last written, in ms since the epoch. */
  readonly modifiedMs: number;
  /** True where it was changed while it was copied. */
  readonly isChanged: boolean;
}

/**
 * Copies a regular file that is no symbolic link to a path that does not exist yet, with its mode and its times, and makes the content
 * durable. The blocks are shared where the file system can, and holes stay holes. Throws what the system refuses, and may then leave a
 * part.
 */
export function copyFile(from: string, to: string, onBytes: (bytes: number) => void): CopiedFile {
  const copy = (source: number): CopiedFile => {
    const before = fstatSync(source);
    const target = openSync(to, "wx+", 0o600);
    try {
      const hashed = cloneInto(target, source)
        ? hashOpenFile(target, onBytes)
        : copyBlocks(source, target, onBytes);
      fchmodSync(target, before.mode & 0o777);
      futimesSync(target, before.atimeMs / 1_000, before.mtimeMs / 1_000);
      fsyncSync(target);
      return { ...hashed, modifiedMs: before.mtimeMs, isChanged: !isSame(before, fstatSync(source)) };
    } finally {
      closeSync(target);
    }
  };
  return withFile(from, copy, constants.O_RDONLY | constants.O_NOFOLLOW);
}

function isSame(left: Stats, right: Stats): boolean {
  return left.size === right.size && left.mtimeMs === right.mtimeMs && left.ctimeMs === right.ctimeMs;
}

function copyBlocks(source: number, target: number, onBytes: (bytes: number) => void): HashedFile {
  const hasher = new Bun.CryptoHasher("sha256");
  const block = Buffer.allocUnsafe(BLOCK_BYTES);
  let bytes = 0;
  for (let length = readSync(source, block); length > 0; length = readSync(source, block)) {
    const read = block.subarray(0, length);
    hasher.update(read);
    if (!read.equals(ZEROS.subarray(0, length)))
      for (let done = 0; done < length; ) done += writeSync(target, read, done, length - done, bytes + done);
    bytes += length;
    onBytes(bytes);
  }
  // A hole at the end.
  ftruncateSync(target, bytes);
  return { sha256: hasher.digest("hex"), bytes };
}
