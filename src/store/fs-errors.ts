import { existsSync, readdirSync } from "node:fs";
import { errnoOf, unlessRefused } from "../lib/errno.ts";
import { err, ok, type Result } from "../lib/result.ts";
import { type Problem, problem } from "../model/errors.ts";

/** Runs work on the disk: an error of the system becomes a problem that begins `Cannot <action>`; any other error is a bug, and thrown. */
export function tryFs<T>(action: string, work: () => T): Result<T, Problem> {
  try {
    return ok(work());
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === null) throw error;
    return err(problemFromErrno(errno, action, error));
  }
}

/** The problem for an errno, with what to do about it. */
export function problemFromErrno(errno: string, action: string, error: unknown): Problem {
  const said = error instanceof Error ? error.message : String(error);
  if (errno === "ENOSPC" || errno === "EDQUOT") {
    const hint =
      "free some room on the file system of the home (`stint clean` removes old runs), then try again";
    return problem("DISK_FULL", `Cannot ${action}: no room left on the disk (${said})`, hint);
  }
  if (errno === "EROFS") {
    return problem(
      "HOME_UNUSABLE",
      `Cannot ${action}: the file system is read-only (${said})`,
      "mount it writable or choose another --home",
    );
  }
  if (errno === "EACCES" || errno === "EPERM") {
    return problem(
      "HOME_UNUSABLE",
      `Cannot ${action}: permission denied (${said})`,
      "wanted: the home and all in it owned and writable by you",
    );
  }
  return problem("WRITE_FAILED", `Cannot ${action}: ${inWords(said)}`, "see `stint doctor`");
}

/** `ENOENT: no such file or directory, open '/x'` as a clause: `no such file or directory (ENOENT, open '/x')`. */
function inWords(said: string): string {
  const [, code, words, call] = /^(E[A-Z0-9]+): ([^,]+), (.+)$/s.exec(said) ?? [];
  return words === undefined ? said : `${words} (${code}, ${call})`;
}

/** HOME_MISSING where a home in use is gone from its path; else null. */
export function homeGone(home: string): Problem | null {
  if (existsSync(home)) return null;
  return problem(
    "HOME_MISSING",
    `Cannot go on with the home "${home}": it was moved or removed`,
    "running jobs go on and write their results below that path: move it back before they end; or use it where it is now, with --home DIR",
  );
}

/** True where the work failed for a missing file (ENOENT), false where it succeeded; any other error is thrown. */
export function isMissing(work: () => unknown): boolean {
  return ifThere(() => [work()]) === null;
}

/** The result of work, null where it fails for a missing file; any other error is thrown. */
export function ifThere<T>(work: () => T): T | null {
  return unlessRefused(work, null, ["ENOENT"]);
}

/** The names in a folder; none where it is missing. */
export function namesOrNone(folder: string): string[] {
  return ifThere(() => readdirSync(folder)) ?? [];
}
