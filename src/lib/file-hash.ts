import { constants, fstatSync, readSync } from "node:fs";
import { withFile } from "./regular-file.ts";

const BLOCK_BYTES = 1_024 * 1_024;

export interface HashedFile {
  /** In lower-case hex. */
  readonly sha256: string;
  /** That were read. */
  readonly bytes: number;
}

/**
 * The SHA-256 of a regular file that is no symbolic link; `onBytes` is called after each block with the bytes so far. Throws what the
 * system refuses.
 */
export function hashFile(path: string, onBytes: (bytes: number) => void): HashedFile {
  return withFile(path, (file) => hashOpenFile(file, onBytes), constants.O_RDONLY | constants.O_NOFOLLOW);
}

/** The same of an open file, from its beginning. */
export function hashOpenFile(file: number, onBytes: (bytes: number) => void): HashedFile {
  const hasher = new Bun.CryptoHasher("sha256");
  const block = Buffer.allocUnsafe(Math.min(BLOCK_BYTES, fstatSync(file).size + 1));
  let bytes = 0;
  for (;;) {
    const length = readSync(file, block, 0, block.length, bytes);
    if (length === 0) return { sha256: hasher.digest("hex"), bytes };
    hasher.update(block.subarray(0, length));
    bytes += length;
    onBytes(bytes);
  }
}
