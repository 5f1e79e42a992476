import { type BigIntStats, readdirSync, realpathSync, statSync } from "node:fs";
import { errnoOf } from "../../lib/errno.ts";
import { err, ok, type Result } from "../../lib/result.ts";
import type { FailureCode } from "../../model/failure.ts";

/** Why data cannot be read: a predicate of the path, `does not exist, wanted a file or folder`. */
export interface DataFault {
  readonly code: Extract<FailureCode, "DATA_UNREACHABLE" | "INVALID_SPEC">;
  readonly path: string;
  readonly is: string;
}

/** A file of a data set. */
interface DataFile {
  /** Relative to the root, a character for each byte (latin1), as names are bytes; empty where the root is a file. */
  readonly name: string;
  readonly size: number;
  /** See `stampOf`. */
  readonly stamp: string;
}

/** The files of a data set, without their content. */
export interface DataTree {
  /** Without links, a character for each byte. */
  readonly root: string;
  readonly isFolder: boolean;
  /** In the order of their names' bytes. */
  readonly files: readonly DataFile[];
  readonly bytes: number;
  /** Changes whenever a file is added, removed or changed. */
  readonly stamp: string;
  /** When the last of them was changed, in ns since the epoch. */
  readonly changedNs: bigint;
}

interface Visit {
  readonly files: DataFile[];
  changedNs: bigint;
  readonly beat: () => void;
}

/** Lists the files below a path; links are followed. Files of other kinds, and links that lead in a circle, are faults. */
export function readTree(path: string, beat: () => void = () => {}): Result<DataTree, DataFault> {
  const real = refusable(path, () => realpathSync(path, { encoding: "buffer" }).toString("latin1"));
  if (!real.ok) return real;
  const root = real.value;
  const visited: Visit = { files: [], changedNs: 0n, beat };
  const fault = visit(root, { name: "", above: [] }, visited);
  if (fault !== null) return err(inText(fault));
  const { files, changedNs } = visited;
  files.sort((left, right) => (left.name < right.name ? -1 : 1));
  const hasher = new Bun.CryptoHasher("sha256");
  for (const { name, stamp } of files) hasher.update(bytesOf(`${name}\0${stamp}\0`));
  return ok({
    root,
    isFolder: files[0]?.name !== "",
    files,
    bytes: files.reduce((sum, { size }) => sum + size, 0),
    stamp: hasher.digest("hex").slice(0, STAMP_LENGTH),
    changedNs,
  });
}

const STAMP_LENGTH = 32;

function visit(
  root: string,
  { name, above }: { readonly name: string; readonly above: readonly string[] },
  visited: Visit,
): DataFault | null {
  const path = name === "" ? root : `${root}/${name}`;
  const looked = refusable(path, () => statSync(bytesOf(path), { bigint: true }));
  if (!looked.ok) return looked.error;
  const stat = looked.value;
  visited.beat();
  if (stat.isFile()) {
    visited.files.push({ name, size: Number(stat.size), stamp: stampOf(stat) });
    for (const at of [stat.mtimeNs, stat.ctimeNs]) if (at > visited.changedNs) visited.changedNs = at;
    return null;
  }
  if (!stat.isDirectory())
    return { code: "INVALID_SPEC", path, is: `is ${kindOf(stat)}, wanted files and folders only` };
  const own = `${stat.dev}:${stat.ino}`;
  if (above.includes(own))
    return { code: "INVALID_SPEC", path, is: "is a link to a folder that it is in, wanted no circle" };
  const entries = refusable(path, () => readdirSync(bytesOf(path), { encoding: "buffer" }));
  if (!entries.ok) return entries.error;
  for (const entry of entries.value) {
    const child = entry.toString("latin1");
    const below = { name: name === "" ? child : `${name}/${child}`, above: [...above, own] };
    const fault = visit(root, below, visited);
    if (fault !== null) return fault;
  }
  return null;
}

/**
 * Device, inode, size and times of a file: as long as they stay, so does the content. The time of the last change of the inode is
 * among them, as any program can set the modification time back.
 */
export function stampOf({ dev, ino, size, mtimeNs, ctimeNs }: BigIntStats): string {
  return [dev, ino, size, mtimeNs, ctimeNs].join(":");
}

/** The bytes of a text with a character for each. */
export function bytesOf(text: string): Buffer {
  return Buffer.from(text, "latin1");
}

/** The fault with its path as text. */
export function inText(fault: DataFault): DataFault {
  return { ...fault, path: bytesOf(fault.path).toString() };
}

function kindOf(stat: BigIntStats): string {
  if (stat.isFIFO()) return "a FIFO";
  return stat.isSocket() ? "a socket" : "a device";
}

const MEANINGS: Readonly<Record<string, string>> = {
  ENOENT: "does not exist, wanted a file or folder (is its disk mounted?)",
  ENOTDIR: "lies below a file, wanted a folder there",
  EACCES: "may not be read, wanted permission",
  EPERM: "may not be read, wanted permission",
  ELOOP: "is a link that leads in a circle, wanted a file or folder",
  ESTALE: "is on a disk that does not answer, wanted it mounted",
};

/** The result of a system call on a path of data, or what its refusal means. */
export function refusable<T>(path: string, call: () => T): Result<T, DataFault> {
  try {
    return ok(call());
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === null) throw error;
    const is = MEANINGS[errno] ?? `cannot be read (${errno}), wanted a readable file or folder`;
    return err({ code: "DATA_UNREACHABLE", path, is });
  }
}
