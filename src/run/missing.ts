import { accessSync, constants, existsSync, opendirSync, statSync } from "node:fs";
import { basename, dirname, resolve } from "node:path";
import { errnoOf } from "../lib/errno.ts";
import type { ShellExit } from "../model/evidence.ts";
import type { Mode } from "../model/kind.ts";
import { invalidTask, type NotStarted } from "./not-started.ts";

/** Errors of a disk that is gone now, and may come back. */
const PASSING = new Set([
  "EIO",
  "ESTALE",
  "ENOTCONN",
  "EHOSTDOWN",
  "EHOSTUNREACH",
  "ETIMEDOUT",
  "ENODEV",
  "EREMOTEIO",
]);

/** A file that a job needs is missing for now: the task waits, as the disk may be mounted later. */
export function notThere(error: string): NotStarted {
  return { code: "DATA_UNREACHABLE", error };
}

/**
 * A missing file is a typing error, unless its folder is missing or empty too, as the mount point of an unmounted disk is.
 */
function mayComeBack(path: string): boolean {
  try {
    const folder = opendirSync(dirname(path));
    const first = folder.readSync();
    folder.closeSync();
    return first === null;
  } catch (error) {
    const errno = errnoOf(error);
    return errno === "ENOENT" || (errno !== null && PASSING.has(errno));
  }
}

/** Refuses a missing file: for now where it may come back, else permanently. */
export function refuseMissing(path: string, error: string, exit?: ShellExit): NotStarted {
  if (!mayComeBack(path)) return invalidTask(error, exit);
  const folder = dirname(path);
  const state = existsSync(folder) ? "is empty" : "does not exist";
  return notThere(`${error}; its folder ${state}, as where a disk is not mounted`);
}

/** Why a job cannot run in a directory; null where it can. */
export function obstacleToEnter(cwd: string): NotStarted | null {
  const cannot = (is: string): string => `Cannot enter "${cwd}": ${is}, wanted a directory to run in`;
  try {
    if (!statSync(cwd).isDirectory()) return invalidTask(cannot("is not a directory"));
    accessSync(cwd, constants.X_OK);
    return null;
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === "ENOENT") return notThere(cannot("does not exist"));
    if (errno !== null && PASSING.has(errno)) return notThere(cannot(`cannot be reached (${errno})`));
    return invalidTask(cannot(errno === "EACCES" ? "permission denied" : "does not exist"));
  }
}

/** Programs whose first argument is the file that they run. */
const INTERPRETERS = /^(?:python[\d.]*|bash|dash|zsh|sh|perl|ruby|Rscript|node)$/;

/** Refuses a script that is on an unmounted disk; null where it exists, or is just missing. */
export function missingScript(mode: Mode, cwd: string): NotStarted | null {
  if (mode.type !== "command" || !INTERPRETERS.test(basename(mode.command))) return null;
  const [script] = mode.args;
  if (script === undefined || script === "" || script.startsWith("-")) return null;
  const path = resolve(cwd, script);
  if (existsSync(path) || !mayComeBack(path)) return null;
  return refuseMissing(
    path,
    `Cannot run "${script}" with ${mode.command}: ${path} does not exist, wanted a script`,
  );
}
