import { readSync } from "node:fs";
import { errnoOf } from "./errno.ts";

const BLOCK_BYTES = 64 * 1_024;
/** How long a pipe whose writer has nothing yet, and that was opened not to wait, is left alone. */
const WAIT_MS = 5;

/**
 * The bytes of an open file from where it stands, whatever it is: of one that has more than `most`, one byte more than that, so that the
 * caller sees it. A device has no end, and a file may grow for as long as it is read.
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
