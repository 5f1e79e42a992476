import { closeSync, openSync, readFileSync, readSync } from "node:fs";
import { errnoOf } from "./errno.ts";

const OUT_OF_FILES = ["EMFILE", "ENFILE", "ENOMEM"];

/** Where what is read comes to lie: few files of /proc are larger. */
const buffer = Buffer.allocUnsafe(64 * 1_024);

/**
 * The bytes of a file such as those of /proc, which have no size: Bun itself would read into a quarter of a megabyte that it makes
 * for each. Null where there is none, or it is not ours to read; what is given is good until the next call. Throws where files
 * have run out: who is not seen for that is not gone.
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
