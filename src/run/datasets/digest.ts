import { closeSync, constants, fstatSync, openSync, readSync } from "node:fs";
import { err, ok, type Result } from "../../lib/result.ts";
import { bytesOf, type DataFault, type DataTree, refusable, stampOf } from "./tree.ts";

/** Large enough for the throughput of a disk; the progress is told between two blocks. */
const BLOCK_BYTES = 1_048_576;

/** Told of the bytes that were read since the last call. */
type OnBytes = (count: number) => void;

/**
 * The checksum of data: of a file that of its content, of a folder the sha256 over its files in the order of their names' bytes, each as
 * its relative path, its size in decimal digits and its sha256 in hexadecimal digits, with a NUL character after each of the three.
 */
export function digestOf(path: string, tree: DataTree, onBytes: OnBytes): Result<string, DataFault> {
  const root = Buffer.from(path).toString("latin1");
  const whole = new Bun.CryptoHasher("sha256");
  for (const { name, size, stamp } of tree.files) {
    const file = tree.isFolder ? `${root}/${name}` : root;
    const digest = digestOfFile(file, { stamp, onBytes });
    if (!digest.ok)
      return err({ ...digest.error, path: Buffer.from(digest.error.path, "latin1").toString() });
    if (!tree.isFolder) return digest;
    whole.update(bytesOf(`${name}\0${size}\0${digest.value}\0`));
  }
  return ok(whole.digest("hex"));
}

/** Of one file, whose path has a character for each byte; it must be the same before and after. */
function digestOfFile(
  path: string,
  { stamp, onBytes }: { readonly stamp: string; readonly onBytes: OnBytes },
): Result<string, DataFault> {
  const read = refusable(path, () => {
    const file = openSync(bytesOf(path), constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const stampNow = (): string => stampOf(fstatSync(file, { bigint: true }));
      if (stampNow() !== stamp) return null;
      const hasher = new Bun.CryptoHasher("sha256");
      for (let length = readSync(file, block); length > 0; length = readSync(file, block)) {
        hasher.update(block.subarray(0, length));
        onBytes(length);
      }
      return stampNow() === stamp ? hasher.digest("hex") : null;
    } finally {
      closeSync(file);
    }
  });
  if (!read.ok) return read;
  if (read.value !== null) return ok(read.value);
  const is = "changed while it was read, wanted data that no process writes to";
  return err({ code: "DATA_UNREACHABLE", path, is });
}

const block = Buffer.allocUnsafe(BLOCK_BYTES);
