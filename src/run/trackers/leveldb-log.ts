import { fstatSync, readSync } from "node:fs";
import { crc32 } from "../../lib/crc32.ts";

/** The log of LevelDB (doc/log_format.md), as W&B writes it: with a header of its own, and the plain CRC-32. */
const BLOCK_BYTES = 32 * 1_024;
const FILE_HEAD = Buffer.from([0x3a, 0x57, 0x26, 0x42, 0xe1, 0xbe]);
/** With the version, which is 0. */
const FILE_HEAD_BYTES = 7;
/** Checksum, length, type. */
const CHUNK_HEAD_BYTES = 7;
const FULL = 1;
const FIRST = 2;
const MIDDLE = 3;
const LAST = 4;
/** Longer records hold tables and media. */
const MAX_RECORD = 1_024 * 1_024;
/** Of a larger file these are read: the head, which names the run, and the tail, which has the last values. */
const HEAD_BLOCKS = 32;
const TAIL_BLOCKS = 2_016;

/** Of a larger file the middle is left out. */
export const MAX_LOG_BYTES = (HEAD_BLOCKS + TAIL_BLOCKS) * BLOCK_BYTES;

/**
 * The records in an open `.wandb` file; none where it is no such file. Where a checksum or a length is wrong the rest of the block of 32 KiB
 * is left out, as LevelDB does, so that a torn tail or a damaged part costs what it holds and no more. Each byte is read once at most.
 */
export function* logRecords(file: number): Generator<Buffer> {
  const blocks = Math.ceil(fstatSync(file).size / BLOCK_BYTES);
  const block = Buffer.allocUnsafe(BLOCK_BYTES);
  let parts: Buffer[] | null = null;
  for (let index = 0; index < blocks; index += 1) {
    if (index === HEAD_BLOCKS && blocks - TAIL_BLOCKS > index) {
      index = blocks - TAIL_BLOCKS;
      parts = null;
    }
    const filled = readSync(file, block, 0, BLOCK_BYTES, index * BLOCK_BYTES);
    if (index === 0 && !isHead(block.subarray(0, filled))) return;
    for (const chunk of chunksOf(block.subarray(index === 0 ? FILE_HEAD_BYTES : 0, filled))) {
      if (chunk === null) {
        parts = null;
        continue;
      }
      const { type, payload } = chunk;
      if (type === FULL) yield Buffer.from(payload);
      parts = joined(parts, chunk);
      if (type === LAST && parts !== null) {
        yield Buffer.concat(parts);
        parts = null;
      }
    }
  }
}

function isHead(bytes: Buffer): boolean {
  return bytes.length >= FILE_HEAD_BYTES && bytes.subarray(0, FILE_HEAD.length).equals(FILE_HEAD);
}

interface Chunk {
  readonly type: number;
  readonly payload: Buffer;
}

/** The chunks of a block; null, and then no more, where one is damaged. */
function* chunksOf(block: Buffer): Generator<Chunk | null> {
  let at = 0;
  // A head does not fit into the last bytes of a block, which are zeros then.
  while (at + CHUNK_HEAD_BYTES <= block.length) {
    const checksum = block.readUInt32LE(at);
    const length = block.readUInt16LE(at + 4);
    const end = at + CHUNK_HEAD_BYTES + length;
    const type = block[at + 6] ?? 0;
    const isWhole = end <= block.length && crc32(block.subarray(at + 6, end)) === checksum;
    if (!isWhole || type < FULL || type > LAST) {
      yield null;
      return;
    }
    yield { type, payload: block.subarray(at + CHUNK_HEAD_BYTES, end) };
    at = end;
  }
}

/** The parts of a record with one more; null where its beginning is missing, or it is too long. */
function joined(parts: Buffer[] | null, { type, payload }: Chunk): Buffer[] | null {
  if (type === FIRST) return [Buffer.from(payload)];
  if (parts === null || (type !== MIDDLE && type !== LAST)) return null;
  const length = parts.reduce((total, part) => total + part.length, payload.length);
  return length > MAX_RECORD ? null : [...parts, Buffer.from(payload)];
}
