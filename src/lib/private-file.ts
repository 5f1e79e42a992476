import { fstatSync, readFileSync } from "node:fs";
import { formatBytes } from "./bytes.ts";
import { errnoOf } from "./errno.ts";
import { ownUserId } from "./host.ts";
import { withFile } from "./regular-file.ts";
import { err, type Result } from "./result.ts";
import { decodeUtf8 } from "./utf8.ts";

/** No program can be started with a larger environment (ARG_MAX, execve(2)). */
const MAX_BYTES = 2 * 1_024 * 1_024;

/** Reads a file that only its owner may read; the error is a reason with advice, and quotes nothing of the content. */
export function readPrivateFile(path: string): Result<string, string> {
  try {
    return withFile(path, (file) => {
      // fstat of the open file: the path may lead elsewhere a moment later.
      const { mode, uid, size } = fstatSync(file);
      if (size > MAX_BYTES)
        return err(`it has ${formatBytes(size)}, wanted at most ${formatBytes(MAX_BYTES)}`);
      const own = ownUserId();
      if (uid !== own) return err(`it belongs to user ${uid}, wanted a file of your own (user ${own})`);
      const isOpen = (mode & 0o077) !== 0;
      return isOpen
        ? err(`others can read it (mode ${(mode & 0o777).toString(8)}), wanted 600: chmod 600 ${path}`)
        : decoded(readFileSync(file));
    });
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === null) throw error;
    return err(errno === "ENOENT" ? "there is no such file" : `it cannot be read (${errno})`);
  }
}

/** Bytes that are not UTF-8 are refused: replaced, they would no longer be the same secret. */
function decoded(bytes: Uint8Array): Result<string, string> {
  const text = decodeUtf8(bytes);
  return text.ok ? text : err(`${text.error}, wanted a file that is`);
}
