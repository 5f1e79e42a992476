import { accessSync, constants, readFileSync } from "node:fs";

/** The text of a small file, as it is; null where it is not there, or not ours to read. */
export function textOf(path: string): string | null {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return null;
  }
}

/** True for a path that is there and that this user may write. */
export function isWritable(path: string): boolean {
  try {
    accessSync(path, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
