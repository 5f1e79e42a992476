import { closeSync, constants, fstatSync, openSync, readSync } from "node:fs";
import { err, ok, type Result } from "../../lib/result.ts";
import { bytesOf, type DataFault, type DataTree, inText, refusable, stampOf } from "./tree.ts";

/** Checksums of stint's own form, and of DVC's. */
export type Algorithm = "sha256" | "md5";

/** Large enough for the throughput of a disk; the progress is told between two blocks. */
const BLOCK_BYTES = 1_048_576;
const block = Buffer.allocUnsafe(BLOCK_BYTES);

/** Told of the bytes that were read since the last call. */
type OnBytes = (count: number) => void;

/**
 * The checksum of data. Of a file it is that of its content. Of a folder, with sha256, it is that of its files in the order of their
 * names' bytes, each as its relative path, its size in decimal digits and its sha256 in hexadecimal digits, with a NUL character after
 * each of the three. With md5 it is DVC's: that of a JSON list, followed by `.dir`.
 */
export function digestOf(
  tree: DataTree,
  { algorithm, onBytes }: { readonly algorithm: Algorithm; readonly onBytes: OnBytes },
): Result<string, DataFault> {
  const whole = algorithm === "md5" ? new DvcFolder() : new Folder();
  for (const { name, size, stamp } of tree.files) {
    const path = tree.isFolder ? `${tree.root}/${name}` : tree.root;
    const digest = digestOfFile(path, { algorithm, stamp, onBytes });
    if (!digest.ok) return err(inText(digest.error));
    if (!tree.isFolder) return digest;
    whole.add({ name, size, digest: digest.value });
  }
  return ok(whole.digest());
}

interface Member {
  readonly name: string;
  readonly size: number;
  readonly digest: string;
}

class Folder {
  readonly #hasher = new Bun.CryptoHasher("sha256");

  add({ name, size, digest }: Member): void {
    this.#hasher.update(bytesOf(`${name}\0${size}\0${digest}\0`));
  }

  digest(): string {
    return this.#hasher.digest("hex");
  }
}

/** What DVC leaves out of every folder. The patterns of a `.dvcignore` are not read. */
const IGNORED_BY_DVC = /(?:^|\/)\.(?:(?:dvc|git|hg)\/|dvcignore$)/;

/** The list of a folder as DVC writes it with Python: sorted by characters, in ASCII. */
class DvcFolder {
  readonly #members: { readonly md5: string; readonly relpath: string }[] = [];

  add({ name, digest: md5 }: Member): void {
    if (!IGNORED_BY_DVC.test(name)) this.#members.push({ md5, relpath: bytesOf(name).toString() });
  }

  digest(): string {
    this.#members.sort((left, right) =>
      Buffer.compare(Buffer.from(left.relpath), Buffer.from(right.relpath)),
    );
    const items = this.#members.map(
      ({ md5, relpath }) => `{"md5": "${md5}", "relpath": ${inAscii(JSON.stringify(relpath))}}`,
    );
    return `${new Bun.CryptoHasher("md5").update(`[${items.join(", ")}]`).digest("hex")}.dir`;
  }
}

/** Python escapes all that is not printable ASCII. */
function inAscii(json: string): string {
  return json.replaceAll(/[^ -~]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/** Of one file, which must be the same before and after. */
function digestOfFile(
  path: string,
  of: { readonly algorithm: Algorithm; readonly stamp: string; readonly onBytes: OnBytes },
): Result<string, DataFault> {
  const { algorithm, stamp, onBytes } = of;
  const read = refusable(path, () => {
    const file = openSync(bytesOf(path), constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const isSame = (): boolean => stampOf(fstatSync(file, { bigint: true })) === stamp;
      if (!isSame()) return null;
      const hasher = new Bun.CryptoHasher(algorithm);
      for (let length = readSync(file, block); length > 0; length = readSync(file, block)) {
        hasher.update(block.subarray(0, length));
        onBytes(length);
      }
      return isSame() ? hasher.digest("hex") : null;
    } finally {
      closeSync(file);
    }
  });
  if (!read.ok) return read;
  if (read.value !== null) return ok(read.value);
  const is = "changed while it was read, wanted data that no process writes to";
  return err({ code: "DATA_UNREACHABLE", path, is });
}
