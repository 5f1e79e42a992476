import { closeSync, openSync, readFileSync, readSync } from "node:fs";
import { errnoOf } from "./errno.ts";

const OUT_OF_FILES = ["EMFILE", "ENFILE", "ENOMEM"];

/** Shared by all reads; few files of /proc are larger. */
const buffer = Buffer.allocUnsafe(64 * 1_024);

/**
 * The bytes of a file that reports no size, as those of /proc: Bun's readFileSync would allocate 256 KiB for each. Null where it does not
 * exist or cannot be read. The buffer is valid until the next call. Throws where descriptors or memory have run out: a process that
 * cannot be inspected for that reason has not ended.
 */
export function procContent(path: string): Buffer | null {
  try {
    const file = openSync(path, "r");
    try {
      const length = readSync(file, buffer, 0, buffer.length, 0);
      return length < buffer.length ? buffer.subarray(0, length) : readFileSync(path);
    } finally {
      closeSync(file);
    }
  } catch (error) {
    if (OUT_OF_FILES.includes(errnoOf(error) ?? "")) throw error;
    return null;
  }
}
