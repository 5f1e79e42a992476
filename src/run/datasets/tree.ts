import { type BigIntStats, readdirSync, statSync } from "node:fs";
import { errnoOf } from "../../lib/errno.ts";
import { err, ok, type Result } from "../../lib/result.ts";
import type { FailureCode } from "../../model/failure.ts";

/** Why data cannot be read: a predicate of the path, `does not exist, wanted a file or folder`. */
export interface DataFault {
  readonly code: Extract<FailureCode, "DATA_UNREACHABLE" | "INVALID_SPEC" | "DATA_MISMATCH">;
  readonly path: string;
  readonly is: string;
}

/** A file of a data set. */
interface DataFile {
  /** Relative to the root, a character for each byte (latin1), as names are bytes; empty where the root is a file. */
  readonly name: string;
  readonly size: number;
  /** Changes whenever the content does. */
  readonly stamp: string;
}

/** The files of a data set, without their content. */
export interface DataTree {
  readonly isFolder: boolean;
  /** In the order of their names' bytes. */
  readonly files: readonly DataFile[];
  readonly bytes: number;
}

/** Lists the files below a path; links are followed. Files of other kinds, and links that lead in a circle, are faults. */
export function readTree(path: string): Result<DataTree, DataFault> {
  const files: DataFile[] = [];
  const fault = visit(Buffer.from(path).toString("latin1"), "", { files, above: [] });
  if (fault !== null) return err({ ...fault, path: Buffer.from(fault.path, "latin1").toString() });
  files.sort((left, right) => (left.name < right.name ? -1 : 1));
  const isFolder = files[0]?.name !== "";
  return ok({ isFolder, files, bytes: files.reduce((sum, { size }) => sum + size, 0) });
}

interface Visit {
  readonly files: DataFile[];
  /** The folders that it is in, by device and inode. */
  readonly above: readonly string[];
}

function visit(root: string, name: string, { files, above }: Visit): DataFault | null {
  const path = name === "" ? root : `${root}/${name}`;
  const stat = refusable(path, () => statSync(bytesOf(path), { bigint: true }));
  if (!stat.ok) return stat.error;
  if (stat.value.isFile()) {
    files.push({ name, size: Number(stat.value.size), stamp: stampOf(stat.value) });
    return null;
  }
  if (!stat.value.isDirectory())
    return { code: "INVALID_SPEC", path, is: `is ${kindOf(stat.value)}, wanted files and folders` };
  const own = `${stat.value.dev}:${stat.value.ino}`;
  if (above.includes(own))
    return { code: "INVALID_SPEC", path, is: "is a link to a folder that it is in, wanted no circle" };
  const entries = refusable(path, () => readdirSync(bytesOf(path), { encoding: "buffer" }));
  if (!entries.ok) return entries.error;
  for (const entry of entries.value) {
    const child = entry.toString("latin1");
    const fault = visit(root, name === "" ? child : `${name}/${child}`, { files, above: [...above, own] });
    if (fault !== null) return fault;
  }
  return null;
}

/** Device, inode, size and times; the time of the last change of the inode shows a modification time that was set back. */
export function stampOf({ dev, ino, size, mtimeNs, ctimeNs }: BigIntStats): string {
  return [dev, ino, size, mtimeNs, ctimeNs].join(":");
}

/** The path of names of a character for each byte. */
export function bytesOf(path: string): Buffer {
  return Buffer.from(path, "latin1");
}

function kindOf(stat: BigIntStats): string {
  if (stat.isFIFO()) return "a FIFO";
  if (stat.isSocket()) return "a socket";
  return "a device";
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
    return err({
      code: "DATA_UNREACHABLE",
      path,
      is: MEANINGS[errno] ?? `cannot be read (${errno}), wanted a readable file or folder`,
    });
  }
}
