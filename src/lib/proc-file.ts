import { closeSync, openSync, readFileSync, readSync } from "node:fs";

/** Where what is read comes to lie: few files of /proc are larger. */
const buffer = Buffer.allocUnsafe(64 * 1_024);

/**
 * The bytes of a file such as those of /proc, which have no size: Bun itself would read into a quarter of a megabyte that it makes
 * for each. Null where there is none, or it is not ours to read; what is given is good until the next call.
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
  } catch {
    return null;
  }
}
