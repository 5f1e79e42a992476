import { closeSync, fstatSync, readFileSync } from "node:fs";
import { userInfo } from "node:os";
import { errnoOf } from "./errno.ts";
import { openRegularFile } from "./regular-file.ts";
import { err, ok, type Result } from "./result.ts";

/** Reads a text that only its owner may read; the error is a reason with advice, and holds nothing of the text. */
export function readPrivateFile(path: string): Result<string, string> {
  try {
    const file = openRegularFile(path);
    try {
      // Of what was opened: a name can lead elsewhere a moment later.
      const { mode, uid } = fstatSync(file);
      const own = userInfo().uid;
      if (uid !== own) return err(`it belongs to user ${uid}, wanted a file of your own (user ${own})`);
      const isOpen = (mode & 0o077) !== 0;
      return isOpen
        ? err(`others can read it (mode ${(mode & 0o777).toString(8)}), wanted 600: chmod 600 ${path}`)
        : ok(readFileSync(file, "utf8"));
    } finally {
      closeSync(file);
    }
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === null) throw error;
    return err(errno === "ENOENT" ? "there is no such file" : `it cannot be read (${errno})`);
  }
}
