import { accessSync, constants, readFileSync } from "node:fs";

/** The content of a small file; null where it does not exist or cannot be read. */
export function textOf(path: string): string | null {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return null;
  }
}

/** True for a path that exists and that this user may write. */
export function isWritable(path: string): boolean {
  try {
    accessSync(path, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
