import { readSync } from "node:fs";
import { crc32c } from "../../lib/crc32c.ts";

/** Its length and the checksum of that. */
const HEAD_BYTES = 12;
const FOOT_BYTES = 4;
/** Longer records hold images and graphs. */
const MAX_RECORD = 1_024 * 1_024;
/** More bytes of one file are not read. */
export const MAX_BYTES = 1_024 * 1_024 * 1_024;
const BLOCK_BYTES = 4 * MAX_RECORD;

/**
 * The payloads of the records in an open file of TensorFlow: a length of eight bytes, its checksum, the payload, its checksum. A record that
 * is longer than 1 MiB, or whose payload is damaged, is left out. It ends at a damaged length, and at a record that is not written in full.
 */
export function* recordsIn(file: number): Generator<Buffer> {
  const block = Buffer.allocUnsafe(BLOCK_BYTES);
  let start = 0;
  let filled = 0;
  let position = 0;
  while (position < MAX_BYTES) {
    const isIn = (bytes: number): boolean => position - start + bytes <= filled;
    const read = (bytes: number): boolean => {
      if (isIn(bytes)) return true;
      start = position;
      filled = readSync(file, block, 0, block.length, position);
      return isIn(bytes);
    };
    if (!read(HEAD_BYTES)) return;
    const head = block.subarray(position - start, position - start + HEAD_BYTES);
    if (head.readUInt32LE(8) !== masked(head.subarray(0, 8))) return;
    const length = Number(head.readBigUInt64LE(0));
    if (length <= MAX_RECORD) {
      if (!read(HEAD_BYTES + length + FOOT_BYTES)) return;
      const from = position - start + HEAD_BYTES;
      const payload = block.subarray(from, from + length);
      if (block.readUInt32LE(from + length) === masked(payload)) yield payload;
    }
    position += HEAD_BYTES + length + FOOT_BYTES;
  }
}

/** A checksum as TensorFlow stores it, so that one over data with checksums in it is of use (tensorflow/core/lib/hash/crc32c.h). */
function masked(bytes: Uint8Array): number {
  const crc = crc32c(bytes);
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
}
