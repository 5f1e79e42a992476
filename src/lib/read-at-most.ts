import { readSync } from "node:fs";
import { errnoOf } from "./errno.ts";

const BLOCK_BYTES = 64 * 1_024;
/** The pause before the next read of an empty non-blocking pipe. */
const WAIT_MS = 5;

/**
 * Reads an open file, pipe or device from its current position: at most `most` bytes plus one, so that the caller can tell that there is
 * more. A device has no end, and a file may grow while it is read.
 */
export function readAtMost(descriptor: number, most: number): Uint8Array {
  const blocks: Uint8Array[] = [];
  let total = 0;
  while (total <= most) {
    const block = new Uint8Array(Math.min(BLOCK_BYTES, most + 1 - total));
    const length = readBlock(descriptor, block);
    if (length === 0) break;
    blocks.push(block.subarray(0, length));
    total += length;
  }
  return Buffer.concat(blocks);
}

function readBlock(descriptor: number, block: Uint8Array): number {
  for (;;) {
    try {
      return readSync(descriptor, block);
    } catch (error) {
      if (errnoOf(error) !== "EAGAIN") throw error;
      Bun.sleepSync(WAIT_MS);
    }
  }
}
