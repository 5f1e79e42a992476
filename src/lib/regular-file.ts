import { closeSync, constants, fstatSync, openSync, readFileSync } from "node:fs";

/**
 * Reads a text from a regular file, through a link too. Anything else is refused with an errno like what the system
 * itself refuses: to open a FIFO would wait for ever, and a device has no end.
 */
export function readRegularFile(path: string): string {
  const file = openRegularFile(path);
  try {
    return readFileSync(file, "utf8");
  } finally {
    closeSync(file);
  }
}

/** Opens a regular file, for reading where nothing else is asked for; see `readRegularFile`. */
export function openRegularFile(path: string, flags = constants.O_RDONLY): number {
  // O_NONBLOCK opens a FIFO at once, and means nothing to a regular file (open(2)).
  const file = openSync(path, flags | constants.O_NONBLOCK, 0o600);
  if (fstatSync(file).isFile()) return file;
  closeSync(file);
  throw Object.assign(new Error(`EINVAL: not a regular file, open '${path}'`), { code: "EINVAL" });
}
