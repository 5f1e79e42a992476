import { closeSync, constants, fstatSync, openSync } from "node:fs";
import { formatBytes } from "../lib/bytes.ts";
import { errnoOf } from "../lib/errno.ts";
import { readAtMost } from "../lib/read-at-most.ts";
import { err, ok, type Result } from "../lib/result.ts";
import { decodeUtf8 } from "../lib/utf8.ts";

/** A larger file is assumed to be data, not a task file. */
export const MAX_TEXT_BYTES = 10 * 1_024 * 1_024;

/**
 * Reads a file from an inbox: follows no link, reads regular files only, and does not wait for the writer of a FIFO. The error is a
 * clause such as `it is a FIFO`.
 */
export function readTaskFile(path: string): Result<string, string> {
  let descriptor: number | null = null;
  try {
    // O_NOFOLLOW fails on a link; O_NONBLOCK opens a FIFO at once, and has no effect on a regular file (open(2)).
    descriptor = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    const stat = fstatSync(descriptor);
    if (!stat.isFile()) return err("it is not a regular file");
    if (stat.size > MAX_TEXT_BYTES) return err(tooLarge(stat.size));
    return decodeTaskText(readAtMost(descriptor, MAX_TEXT_BYTES));
  } catch (error) {
    return err(readRefusal(error));
  } finally {
    if (descriptor !== null) closeSync(descriptor);
  }
}

/** Reads a file that a command names: follows links, and reads a pipe to its end. Stops at more than MAX_TEXT_BYTES. Throws errors of the system. */
export function readNamedFile(path: string): Result<string, string> {
  const descriptor = openSync(path, constants.O_RDONLY);
  try {
    const stat = fstatSync(descriptor);
    if (stat.isDirectory()) throw Object.assign(new Error("a folder"), { code: "EISDIR" });
    if (stat.isFile() && stat.size > MAX_TEXT_BYTES) return err(tooLarge(stat.size));
    return decodeTaskText(readAtMost(descriptor, MAX_TEXT_BYTES));
  } finally {
    closeSync(descriptor);
  }
}

/** Decodes UTF-8 strictly; removes the byte order mark. */
export function decodeTaskText(bytes: Uint8Array): Result<string, string> {
  // The exact size is unknown, as reading stopped here.
  if (bytes.byteLength > MAX_TEXT_BYTES) return err(`it is larger than ${formatBytes(MAX_TEXT_BYTES)}`);
  const text = decodeUtf8(bytes);
  return text.ok ? ok(text.value.replace(/^\uFEFF/, "")) : text;
}

/** The clause for a file that is too large. */
export function tooLarge(bytes: number): string {
  return `it is larger than ${formatBytes(MAX_TEXT_BYTES)} (${bytes} bytes)`;
}

/** Why the system refused to read a file, as a clause; `missing` is said of one that is not there. */
export function readRefusal(error: unknown, missing = "it is gone"): string {
  const errno = errnoOf(error) ?? String(error);
  switch (errno) {
    case "EISDIR":
      return "it is a folder, wanted a YAML file";
    case "ENOTDIR":
      return "a part of its path is a file, wanted a folder";
    case "ELOOP":
      return "it is a symbolic link, wanted the file itself";
    case "EACCES":
    case "EPERM":
      return "it cannot be read: permission denied";
    case "ENOENT":
      return missing;
    case "ENXIO":
      return "it is not a regular file";
    default:
      return `it cannot be read (${errno})`;
  }
}
